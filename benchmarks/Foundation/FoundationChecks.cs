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
        new PostTrainingAccuracy("mnist-burn on MNIST", () => FittedNetwork.Mnist, ("s80", 0.990), ("s90", 0.987), ("s95", 0.976)),
        new PostTrainingAccuracy("resnet20 on JPEG files of CIFAR-10", () => FittedNetwork.Cifar, ("s50", 0.765)),
        new FittedParentSize(),
        new ExtractedScores(),
        new WarningsOfRuntime(),
        new TestRun("hostile files: mutated parents by category", "8,000 (--full: 200,000) refused or read as written; under 1 s and 4x the file + 64 MB each",
            "FullyQualifiedName~HostileFileTests&TestCategory!=Slow", "FullyQualifiedName~HostileFileTests"),
        new TestRun("verify: 1,000 tampered parents and extracted files", "each found and named", "FullyQualifiedName~TamperingTests"),
        new TestRun("extract: killed at any moment", "no half file", "FullyQualifiedName~KilledProcessTests"),
        new FreshClone(),
        new TestRun("bad use", "a message that says what was found, what is allowed and what to do", "FullyQualifiedName~BadUseTests"),
    ];
}
