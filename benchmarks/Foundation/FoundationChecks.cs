using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>The rows of <c>check foundation</c>, in the order in which they are measured.</summary>
static class FoundationChecks
{
    public static IReadOnlyList<ICheck> All { get; } =
    [
        new ScoringAgainstStock(),
        new ScoringAgainstTunedStock(),
        new AllocationPerRow(),
        new ExtractionSpeed(),
        new ExtractionWithDecoding(),
        new ExtractionOfWholeModel(),
        new RoundTrip(),
        new ParentSize(),
        new ParentSizeWithRandomMasks(),
        new EntropyCodingCost(),
    ];
}
