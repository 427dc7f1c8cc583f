using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Foundation;
using Elsa.MLNet.Benchmarks.Scoring;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Plugin;

/// <summary>The rows of <c>check plugin</c>, in the order in which they are measured.</summary>
static class PluginChecks
{
    public static IReadOnlyList<ICheck> All { get; } =
    [
        new NetworkAgainstStock("MLP 784-256-128-10", RandomMlp.Create, rows: 8192, least: 5),
        new NetworkAgainstStock("mnist-burn", () => Shared("mnist-burn-conv-bn.onnx"), rows: 2048, least: 3),
        new NetworkAgainstStock("resnet20", () => Shared("resnet20-cifar10.onnx"), rows: 512, least: 1.2),
        new SingleRowLatency("MLP 784-256-128-10", RandomMlp.Create),
        new SingleRowLatency("mnist-burn", () => Shared("mnist-burn-conv-bn.onnx")),
        new SingleRowLatency("resnet20", () => Shared("resnet20-cifar10.onnx")),
        new AllocationPerRow(),
        new TestRun("saved in one process, loaded and scored in another; portable files in stock ML.NET", "equal bits for every level",
            "FullyQualifiedName~Tests.Saving"),
        new TestRun("any signature: types, dimensions, several columns, maps", "as ONNX Runtime and ML.NET's own transformer",
            "FullyQualifiedName~Tests.Signatures"),
        new TestRun("execution providers that do not run here", "one clear error or a logged fallback", "FullyQualifiedName~ProviderTests"),
        new DeviceRun(),
        new TestRun("level policies with artificial tables, kept and damaged measurements", "the right level, with the numbers told",
            "FullyQualifiedName~Scoring.Policy"),
        .. new[] { 0.8, 0.9, 0.95 }.Select(sparsity => new CascadeCost(sparsity)),
        new TestRun("cascades: the bound against brute force and simulation; mnist-burn", "at most 0.1 points lost",
            "FullyQualifiedName~Scoring.Cascade"),
        new TestRun("what users of ONNX in ML.NET complain about, one test or more each", "what MANUAL.md says holds here",
            "TestCategory=Complaint|FullyQualifiedName~ComplaintTableTests"),
        new TestRun("eight threads, levels, cancellation and Dispose at random", "no wrong score, no leak, no deadlock",
            "FullyQualifiedName~Scoring.LoadTests&TestCategory!=Slow", "FullyQualifiedName~Scoring.LoadTests"),
    ];

    static ModelProto Shared(string file) => ModelProto.Parser.ParseFromFile(SharedFiles.Require($"models/{file}"));
}
