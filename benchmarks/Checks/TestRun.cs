using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>A figure that is a law with many cases: the tests that hold it are run, and all must pass.</summary>
/// <param name="name">What is shown.</param>
/// <param name="required">What the tests demand.</param>
/// <param name="filter">Which tests.</param>
/// <param name="fullFilter">Which tests with <c>--full</c>; null for the same.</param>
sealed partial class TestRun(string name, string required, string filter, string? fullFilter = null) : ICheck
{
    public string Name => name;

    public string Required => required;

    public Reading Measure(bool full)
    {
        var start = new ProcessStartInfo("dotnet", ["test", "--project", "Elsa.MLNet.Tests", "-c", "Release", "--filter", full ? fullFilter ?? filter : filter])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var (passed, failed) = (Count(output, "succeeded"), Count(output, "failed"));
        return Reading.Of($"{passed} tests passed, {failed} failed{(full && fullFilter is not null ? " (all cases)" : "")}",
            process.ExitCode == 0 && passed > 0);
    }

    static int Count(string output, string what) =>
        Lines().Matches(output).LastOrDefault(match => match.Groups[1].Value == what) is { } line ? int.Parse(line.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^\s*(succeeded|failed):\s*(\d+)", RegexOptions.Multiline)]
    private static partial Regex Lines();
}
