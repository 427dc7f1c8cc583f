using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Scoring;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>Rows per second against ML.NET's own transformer with its best setting of threads.</summary>
sealed class ScoringAgainstTunedStock : ICheck
{
    const double Least = 4;

    public string Name => "scoring: rows/s against ApplyOnnxModel with one intra-op thread";

    public string Required => $"at least {Least:0}x";

    public Reading Measure(bool full)
    {
        var ratios = ScoringComparison.Get(full).AgainstTunedStock;
        return Reading.Of(ratios.AsTimes(), ratios.Median >= Least);
    }
}
