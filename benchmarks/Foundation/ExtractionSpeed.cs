using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Parents;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>How fast an opened parent gives a level's weights.</summary>
sealed class ExtractionSpeed : ICheck
{
    const double Least = 0.25;

    public string Name => "extraction: share of copy speed";

    public string Required => $"at least {Least:0 %}";

    public Reading Measure(bool full)
    {
        var comparison = ExtractionComparison.Get(full);
        return Reading.Of(
            $"{comparison.Masking.AsShare()}; " +
            $"{comparison.MaskingSpeed:0.0} against {comparison.CopySpeed:0.0} GB/s",
            comparison.Masking.Median >= Least);
    }
}
