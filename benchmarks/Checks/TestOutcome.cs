using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>What a program that runs tests said.</summary>
sealed partial record TestOutcome(string Output, int ExitCode)
{
    /// <summary>Whether some tests passed and none failed.</summary>
    public bool Passed => ExitCode == 0 && Count("succeeded") > 0;

    /// <summary>Whether none could be run.</summary>
    public bool IsSkipped => ExitCode == 0 && Count("succeeded") == 0 && Count("skipped") > 0;

    /// <summary>Runs a program in the repository's folder.</summary>
    /// <param name="program">The program.</param>
    /// <param name="environment">Variables in addition to this process's.</param>
    /// <param name="arguments">Its arguments.</param>
    public static TestOutcome Of(string program, IReadOnlyDictionary<string, string> environment, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Repository.Root, RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new TestOutcome(output, process.ExitCode);
    }

    public override string ToString() =>
        $"{Count("succeeded")} tests passed, {Count("failed")} failed{(Count("skipped") is var skipped and > 0 ? $", {skipped} skipped" : "")}";

    int Count(string what) => Lines().Matches(Output).LastOrDefault(match => match.Groups[1].Value == what) is { } line
        ? int.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture)
        : 0;

    [GeneratedRegex(@"^\s*(succeeded|failed|skipped):\s*(\d+)", RegexOptions.Multiline)]
    private static partial Regex Lines();
}
