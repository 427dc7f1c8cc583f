using System.CommandLine;
using System.Diagnostics;

namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary><c>check NAME</c>: measures every figure of a suite and fails if one falls short.</summary>
static class CheckCommand
{
    public static Command Create()
    {
        var command = new Command("check", "Holds measured figures to requirements.");
        foreach (var suite in CheckSuite.All) command.Add(Create(suite));
        return command;
    }

    static Command Create(CheckSuite suite)
    {
        var full = new Option<bool>("--full")
        {
            Description = $"Measure all of it, and write the table to benchmarks/results/<processor>/{suite.Name}.md.",
        };
        var only = new Option<string?>("--only")
        {
            Description = "Measure only the rows whose name contains this. Nothing is written then.",
        };
        var command = new Command(suite.Name, suite.Description) { full, only };
        command.SetAction(parsed => Run(suite, parsed.GetValue(full), parsed.GetValue(only)));
        return command;
    }

    static int Run(CheckSuite suite, bool full, string? only)
    {
        var checks = suite.Checks
            .Where(check => only is null || check.Name.Contains(only, StringComparison.OrdinalIgnoreCase)).ToList();
        if (checks.Count == 0)
        {
            Console.Error.WriteLine(
                $"No row's name contains '{only}'. The rows are: " +
                $"{string.Join(", ", suite.Checks.Select(check => check.Name))}.");
            return 2;
        }
        var load = Machine.Load;
        var clock = Stopwatch.StartNew();
        var rows = checks.Select(check => Measured(check, full)).ToList();
        var report = new Report(suite.Title, Machine.Current, load, CommandLine(suite, full, only), clock.Elapsed, rows);
        report.Print();
        if (full && only is null)
            report.Write(Path.Combine(
                Repository.Root, "benchmarks", "results", Machine.Current.Slug, suite.Name + ".md"));
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
        catch (Exception failure)
        {
            // Whatever it is, the rows measured before must not be lost with it.
            Console.Error.WriteLine(failure);
            return new Reading($"failed: {failure.Message.ReplaceLineEndings(" ")}", Verdict.Short);
        }
    }

    static string CommandLine(CheckSuite suite, bool full, string? only) =>
        "dotnet run -c Release --project benchmarks -- check " + suite.Name
        + (full ? " --full" : "") + (only is null ? "" : $" --only \"{only}\"");
}
