namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>Whether a figure reaches what is required of it.</summary>
enum Verdict
{
    /// <summary>It does.</summary>
    Reached,

    /// <summary>It does not, and the command fails.</summary>
    Short,

    /// <summary>Nothing is required.</summary>
    Information,

    /// <summary>It could not be measured here.</summary>
    Skipped,
}

/// <summary>What was measured.</summary>
/// <param name="Measured">The figure and its spread, for a person to read.</param>
/// <param name="Verdict">What it amounts to.</param>
sealed record Reading(string Measured, Verdict Verdict)
{
    public static Reading Of(string measured, bool reached) =>
        new(measured, reached ? Verdict.Reached : Verdict.Short);

    public static Reading ForInformation(string measured) => new(measured, Verdict.Information);
}
