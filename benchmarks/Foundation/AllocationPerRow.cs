using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Scoring;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>Managed memory that scoring allocates.</summary>
sealed class AllocationPerRow : ICheck
{
    const double Limit = 200;

    public string Name => "scoring: bytes allocated per row";

    public string Required => $"less than {Limit:0}";

    public Reading Measure(bool full)
    {
        var bytes = ScoringComparison.Get(full).AllocatedBytesPerRow;
        return Reading.Of($"{bytes:0.0}", bytes < Limit);
    }
}
