using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Parents;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>As <see cref="ExtractionSpeed"/>, when the level maps are decoded each time.</summary>
sealed class ExtractionWithDecoding : ICheck
{
    public string Name => "extraction: share of copy speed, level maps decoded each time";

    public string Required => "";

    public Reading Measure(bool full)
    {
        var comparison = ExtractionComparison.Get(full);
        return Reading.ForInformation(
            $"thresholds {comparison.WithThresholds.AsShare()}; entropy-coded {comparison.WithEntropy.Median:0.0 %}");
    }
}
