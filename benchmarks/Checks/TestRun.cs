namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>A figure that is a law with many cases: the tests that hold it are run, and all must pass.</summary>
/// <param name="name">What is shown.</param>
/// <param name="required">What the tests demand.</param>
/// <param name="filter">Which tests.</param>
/// <param name="fullFilter">Which tests with <c>--full</c>; null for the same.</param>
sealed class TestRun(string name, string required, string filter, string? fullFilter = null) : ICheck
{
    public string Name => name;

    public string Required => required;

    public Reading Measure(bool full)
    {
        var outcome = TestOutcome.Of("dotnet", new Dictionary<string, string>(),
            "test", "--project", "Elsa.MLNet.Tests", "-c", "Release", "--filter", full ? fullFilter ?? filter : filter);
        return outcome.IsSkipped
            ? new Reading($"skipped: {outcome}", Verdict.Skipped)
            : Reading.Of($"{outcome}{(full && fullFilter is not null ? " (all cases)" : "")}", outcome.Passed);
    }
}
