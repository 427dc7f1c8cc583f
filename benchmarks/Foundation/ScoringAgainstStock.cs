using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Scoring;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>Rows per second against ML.NET's own transformer as it comes.</summary>
sealed class ScoringAgainstStock : ICheck
{
    const double Least = 5;

    public string Name => "scoring: rows/s against ApplyOnnxModel";

    public string Required => $"at least {Least:0}x";

    public Reading Measure(bool full)
    {
        var comparison = ScoringComparison.Get(full);
        return Reading.Of(
            $"{comparison.AgainstStock.AsTimes()}; ours {comparison.RowsPerSecond:#,0} rows/s",
            comparison.AgainstStock.Median >= Least);
    }
}
