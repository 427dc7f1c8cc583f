using System.Diagnostics;

namespace Elsa.MLNet.Reporting;

/// <summary>
/// Measures the levels in turns, so that what else the machine does meets all of them alike. The rows were scored once
/// before, so every level is loaded and warm.
/// </summary>
internal static class LevelSpeeds
{
    private const int FewestPasses = 3;

    public static List<ElsaSpeed> Measure(HeldOutRows rows, int levels, ElsaReportOptions options)
    {
        var passes = Enumerable.Range(0, levels).Select(_ => new List<double>()).ToList();
        var start = Stopwatch.GetTimestamp();
        while (passes[0].Count < FewestPasses || Stopwatch.GetElapsedTime(start) < options.MeasuringTime * levels)
            for (var level = 0; level < levels; level++)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
                var began = Stopwatch.GetTimestamp();
                rows.Pass(level);
                passes[level].Add(rows.Count / Stopwatch.GetElapsedTime(began).TotalSeconds);
            }
        return [.. passes.Select(Of)];
    }

    private static ElsaSpeed Of(List<double> rates)
    {
        rates.Sort();
        var middle = rates.Count / 2;
        var median = rates.Count % 2 == 1 ? rates[middle] : (rates[middle - 1] + rates[middle]) / 2;
        return new ElsaSpeed(median, rates[0], rates[^1], rates.Count);
    }
}
