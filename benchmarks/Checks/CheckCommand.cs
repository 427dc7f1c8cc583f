using System.CommandLine;
using System.Diagnostics;
using Elsa.MLNet.Benchmarks.Foundation;

namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary><c>check foundation</c>: measures every figure and fails if one falls short.</summary>
static class CheckCommand
{
    public static Command Create()
    {
        var full = new Option<bool>("--full")
        {
            Description = "Take more rounds, and write the table to benchmarks/results/<processor>/foundation.md.",
        };
        var only = new Option<string?>("--only")
        {
            Description = "Measure only the rows whose name contains this. Nothing is written then.",
        };
        var foundation = new Command("foundation", "The figures that everything else rests on.") { full, only };
        foundation.SetAction(parsed => Run(parsed.GetValue(full), parsed.GetValue(only)));
        return new Command("check", "Holds measured figures to requirements.") { foundation };
    }

    static int Run(bool full, string? only)
    {
        var checks = FoundationChecks.All
            .Where(check => only is null || check.Name.Contains(only, StringComparison.OrdinalIgnoreCase)).ToList();
        if (checks.Count == 0)
        {
            Console.Error.WriteLine(
                $"No row's name contains '{only}'. The rows are: " +
                $"{string.Join(", ", FoundationChecks.All.Select(check => check.Name))}.");
            return 2;
        }
        var load = Machine.Load;
        var rows = checks.Select(check => Measured(check, full)).ToList();
        var report = new Report(Machine.Current, load, CommandLine(full, only), rows);
        report.Print();
        if (full && only is null)
            report.Write(Path.Combine(
                Repository.Root, "benchmarks", "results", Machine.Current.Slug, "foundation.md"));
        return report.Reached ? 0 : 1;
    }

    static ReportRow Measured(ICheck check, bool full)
    {
        Console.Error.Write($"{check.Name} ... ");
        var clock = Stopwatch.StartNew();
        var reading = Measure(check, full);
        Console.Error.WriteLine($"{clock.Elapsed.TotalSeconds:0.0} s");
        return new ReportRow(check.Name, check.Required, reading);
    }

    static Reading Measure(ICheck check, bool full)
    {
        try
        {
            return check.Measure(full);
        }
        catch (SharedFileMissingException missing)
        {
            return new Reading($"skipped: {missing.Message}", Verdict.Skipped);
        }
    }

    static string CommandLine(bool full, string? only) =>
        "dotnet run -c Release --project benchmarks -- check foundation"
        + (full ? " --full" : "") + (only is null ? "" : $" --only \"{only}\"");
}
