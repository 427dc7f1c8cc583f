using Elsa.MLNet.Scoring.Policy;

namespace Elsa.MLNet.Tests.Scoring.Policy;

/// <summary>Costs that a test makes up; counts how often they are asked for.</summary>
internal sealed class CostTable(params ElsaLevelCost[] levels) : ILevelCosts
{
    public int Asked { get; private set; }

    public MeasuredCosts Of(bool anew)
    {
        Asked++;
        return new MeasuredCosts(levels, new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero), FromCache: false);
    }

    public static ElsaLevelCost Cost(double median, double p95, double rowsPerSecond, long bytes) =>
        new() { MedianMilliseconds = median, P95Milliseconds = p95, RowsPerSecond = rowsPerSecond, MemoryBytes = bytes };
}
