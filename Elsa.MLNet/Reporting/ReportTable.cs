using System.Globalization;

namespace Elsa.MLNet.Reporting;

/// <summary>The report's table: what every column says of a level. A column that says nothing of any level is left
/// out.</summary>
internal sealed class ReportTable
{
    private ReportTable(string[] header, IReadOnlyList<string[]> rows) => (Header, Rows) = (header, rows);

    public string[] Header { get; }

    /// <summary>Per level its cells.</summary>
    public IReadOnlyList<string[]> Rows { get; }

    public static ReportTable Of(ElsaReport report)
    {
        var dense = report.Levels[0];
        var columns = new List<(string Title, Func<ElsaLevelReport, string?> Cell)>
        {
            ("level", level => level.Level.Name),
            ("sparsity", level => Percent(level.Level.Sparsity)),
            ("kept weights", level => Whole(level.Level.KeptWeights)),
            ("accuracy (95 % interval)", level => level.Accuracy?.ToString()),
            ("change", level => level.Accuracy is { } share ? Points(share.Value - dense.Accuracy!.Value.Value) : null),
            ("flips", level => level.Agreement is { } share ? Whole(share.Rows - share.Count) : null),
            ("rows/s (slowest to fastest)", level => level.Speed is { } speed
                ? $"{Whole(speed.RowsPerSecond)} ({Whole(speed.Slowest)} to {Whole(speed.Fastest)})" : null),
            ("of dense", level => level.Speed is { } speed ? Ratio(speed.RowsPerSecond / dense.Speed!.Value.RowsPerSecond) : null),
            ("bytes", level => Whole(level.ExtractedBytes)),
            ("deflated", level => Whole(level.DeflatedBytes)),
        };
        foreach (var metric in report.Levels.SelectMany(level => level.Level.Metrics.Keys).Distinct().Order(StringComparer.Ordinal))
            columns.Add(($"fitted {metric}", level => level.Level.Metrics.TryGetValue(metric, out var value)
                ? value.ToString("0.####", CultureInfo.InvariantCulture) : null));
        columns.RemoveAll(column => report.Levels.All(level => column.Cell(level) is null));
        return new ReportTable(
            [.. columns.Select(column => column.Title)],
            [.. report.Levels.Select(level => columns.Select(column => column.Cell(level) ?? "").ToArray())]);
    }

    public static string Whole(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (100 * share).ToString("0.00", CultureInfo.InvariantCulture) + " %";

    private static string Points(double difference) =>
        (100 * difference).ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    private static string Ratio(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture);
}
