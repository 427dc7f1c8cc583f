namespace Elsa.MLNet.Reporting;

/// <summary>
/// What plots show upwards: the accuracy on the held-out rows, else the agreement with the dense level on them, else what
/// the manifest says of either. Values are shares, 0..1, with the bounds of their confidence interval.
/// </summary>
internal sealed record ReportQuality(string Title, IReadOnlyList<(double Value, double Lower, double Upper)> Values)
{
    /// <summary>Null if the levels were measured neither now nor when they were fitted.</summary>
    public static ReportQuality? Of(ElsaReport report)
    {
        return Measured("accuracy", level => level.Accuracy)
            ?? Measured("agreement with the dense level", level => level.Agreement)
            ?? Stored("accuracy")
            ?? Stored("agreement");

        ReportQuality? Measured(string title, Func<ElsaLevelReport, ElsaShare?> of) => All(
            $"{title} on {report.Rows} held-out rows",
            level => of(level) is { } share ? (share.Value, share.Lower, share.Upper) : null);

        ReportQuality? Stored(string metric) => All(
            $"{metric}, as fitted",
            level => level.Level.Metrics.TryGetValue(metric, out var value) ? (value, value, value) : null);

        ReportQuality? All(string title, Func<ElsaLevelReport, (double, double, double)?> of)
        {
            var values = report.Levels.Select(of).ToList();
            return values.Contains(null) ? null : new ReportQuality(title, [.. values.Select(value => value!.Value)]);
        }
    }
}
