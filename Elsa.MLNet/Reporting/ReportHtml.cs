using System.Net;
using System.Text;

namespace Elsa.MLNet.Reporting;

/// <summary>The report as HTML. Names come from files and data, so every text is encoded.</summary>
internal static class ReportHtml
{
    private const int MostChangesPerLevel = 5, MostRowsPerChange = 10;

    private const string Style = """
        <style>
        .elsa-report { font-family: sans-serif; color: #222; background: #fff; padding: 8px; }
        .elsa-report table { border-collapse: collapse; font-size: 13px; margin: 8px 0; }
        .elsa-report th, .elsa-report td { padding: 3px 9px; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
        .elsa-report th:first-child, .elsa-report td:first-child { text-align: left; }
        .elsa-report .flips td, .elsa-report .flips th { text-align: left; }
        .elsa-report p { font-size: 13px; margin: 4px 0; max-width: 900px; }
        .elsa-report figure { display: inline-block; margin: 4px; }
        </style>
        """;

    public static string Page(ElsaReport report) =>
        $"""
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><title>Levels of a parent</title></head>
        <body>
        {Fragment(report)}
        </body>
        </html>

        """;

    /// <summary>What a notebook shows: the page without its frame.</summary>
    public static string Fragment(ElsaReport report)
    {
        var html = new StringBuilder().Append("<div class=\"elsa-report\">\n").Append(Style).Append('\n');
        var table = ReportTable.Of(report);
        AppendTable(html, "levels", table.Header, table.Rows);
        foreach (var note in ReportText.Notes(report)) html.Append($"<p>{Text(note)}</p>\n");
        if (ReportQuality.Of(report) is { } quality) AppendPlots(html, report, quality);
        if (report.Levels.Any(level => level.Flips.Count > 0)) AppendFlips(html, report);
        return html.Append("</div>\n").ToString();
    }

    private static void AppendPlots(StringBuilder html, ElsaReport report, ReportQuality quality)
    {
        string[] names = [.. report.Levels.Select(level => level.Level.Name)];
        Append("sparsity, %", "0.##", level => Exactly(100 * level.Level.Sparsity));
        if (report.Levels.All(level => level.Speed is not null))
            Append("rows per second on this machine", "#,0",
                level => (level.Speed!.Value.RowsPerSecond, level.Speed.Value.Slowest, level.Speed.Value.Fastest));
        Append("bytes extracted and deflated", "#,0", level => Exactly(level.DeflatedBytes));

        static (double, double, double) Exactly(double value) => (value, value, value);

        void Append(string title, string format, Func<ElsaLevelReport, (double, double, double)> across) => html.Append("<figure>")
            .Append(ReportPlot.Svg(title, format, [.. report.Levels.Select(across)], quality, names)).Append("</figure>\n");
    }

    private static void AppendFlips(StringBuilder html, ElsaReport report)
    {
        html.Append("<p>Rows that change class, by the dense level's class and the level's; the most frequent changes of each level:</p>\n");
        var rows = from level in report.Levels
                   from change in ClassChange.In(level.Flips).Take(MostChangesPerLevel)
                   select (string[])[level.Level.Name, Name(change.From), Name(change.To), $"{change.Rows.Count}", Listed(change.Rows)];
        AppendTable(html, "flips", ["level", "dense", "level's", "rows", "which rows"], rows);

        string Name(int index) => index < report.ClassNames.Count ? report.ClassNames[index] : $"{index}";
    }

    private static string Listed(IReadOnlyList<int> rows) =>
        string.Join(", ", rows.Take(MostRowsPerChange)) + (rows.Count > MostRowsPerChange ? ", …" : "");

    private static void AppendTable(StringBuilder html, string kind, string[] header, IEnumerable<string[]> rows)
    {
        html.Append($"<table class=\"{kind}\">\n<tr>").AppendJoin("", header.Select(cell => $"<th>{Text(cell)}</th>")).Append("</tr>\n");
        foreach (var row in rows)
            html.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{Text(cell)}</td>")).Append("</tr>\n");
        html.Append("</table>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
