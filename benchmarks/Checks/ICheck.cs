namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>One row of the table: a figure that is measured and, mostly, a requirement that it is held to.</summary>
interface ICheck
{
    /// <summary>What is measured; <c>--only</c> finds a row by a part of it.</summary>
    string Name { get; }

    /// <summary>What it must reach, for a person to read; empty if it is shown for information.</summary>
    string Required { get; }

    /// <summary>Measures.</summary>
    /// <param name="full">Whether to take more rounds.</param>
    /// <exception cref="SharedFileMissingException">It needs a public file that is not here; the row is then
    /// skipped.</exception>
    Reading Measure(bool full);
}
