using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>A measured row.</summary>
sealed record ReportRow(string Figure, string Required, Reading Reading)
{
    public string Verdict => Reading.Verdict switch
    {
        Checks.Verdict.Reached => "reached",
        Checks.Verdict.Short => "FALLS SHORT",
        Checks.Verdict.Skipped => "skipped",
        _ => "for information",
    };
}

/// <summary>The table, with what a reader needs to judge it and to repeat it.</summary>
sealed class Report(string title, Machine machine, string load, string command, TimeSpan taken, IReadOnlyList<ReportRow> rows)
{
    const int WidthWithoutTerminal = 160;

    /// <summary>Whether no figure falls short; a skipped one does not.</summary>
    public bool Reached => rows.All(row => row.Reading.Verdict != Verdict.Short);

    public void Print()
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = WidthWithoutTerminal;
        foreach (var (name, value) in Conditions)
            AnsiConsole.WriteLine($"{name}: {value}");
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumns("figure", "measured", "required", "verdict");
        foreach (var row in rows)
            table.AddRow(new Text(row.Figure), new Text(row.Reading.Measured), new Text(row.Required), Coloured(row));
        AnsiConsole.Write(table);
    }

    public void Write(string path)
    {
        var text = new StringBuilder($"# {title}\n\n");
        foreach (var (name, value) in Conditions)
            text.Append($"- {name}: {value}\n");
        text.Append("\n| figure | measured | required | verdict |\n|---|---|---|---|\n");
        foreach (var row in rows)
            text.Append($"| {row.Figure} | {row.Reading.Measured} | {row.Required} | {row.Verdict} |\n");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.ToString());
        AnsiConsole.WriteLine($"Written: {Path.GetRelativePath(Repository.Root, path)}");
    }

    IEnumerable<(string Name, string Value)> Conditions =>
    [
        ("machine", machine.ToString()),
        ("load before", load),
        ("versions", $"{machine.Framework}, ONNX Runtime {machine.OnnxRuntime}"),
        ("command", command),
        ("time", string.Create(CultureInfo.InvariantCulture, $"{taken.TotalMinutes:0.0} minutes")),
    ];

    static Text Coloured(ReportRow row) => new(row.Verdict, row.Reading.Verdict switch
    {
        Verdict.Reached => new Style(Color.Green),
        Verdict.Short => new Style(Color.Red),
        _ => new Style(Color.Yellow),
    });
}
