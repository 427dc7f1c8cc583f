using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Scoring;
using Elsa.MLNet.Kernels;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>The rows of <c>check sparse</c>, in the order in which they are measured.</summary>
static class SparseChecks
{
    // Speed-ups at 80, 90, 95 and 98 % zeros.
    static readonly double?[] Many = [3.3, 6, 9.5, 16], One = [2.3, 3.3, 4.8, 6], Few = [1.2, null, null, null];
    static readonly double?[] Taps = [2.9, 4.4, 6.3, null], Points = [3.2, 5.4, 8.6, null], Nothing = [null, null, null, null];

    static readonly NetworkCase Mlp = new("MLP 784-1024-1024-10", LargeMlp, 784, 64, 1);
    static readonly NetworkCase MnistBurn = Shared("mnist-burn", "mnist-burn-conv-bn.onnx", 784, 64);
    static readonly NetworkCase Resnet20 = Shared("resnet20", "resnet20-cifar10.onnx", 3072, 64);
    static readonly NetworkCase Squeezenet = Shared("squeezenet", "squeezenet1.1_fp32_from_fp16.onnx", 3 * 224 * 224, 1);
    static readonly NetworkCase Autoencoder = Shared("ad01 autoencoder", "mlperftiny-ad01-autoencoder-mlp.onnx", 640, 1);
    static readonly NetworkCase Transformer = Shared("arthur transformer, 64 tokens", "arthur-transformer-lm.onnx", 64, 1) with { Vocabulary = 40 };

    static readonly NetworkCase[] Networks = [Mlp, MnistBurn, Resnet20, Squeezenet, Autoencoder, Transformer];

    public static IReadOnlyList<ICheck> All { get; } =
    [
        .. new[] { 1, 2 }.SelectMany(threads => new ICheck[]
        {
            Gemm(64, 1024, 1024, threads, threads == 1 ? Many : Nothing),
            Gemm(256, 1024, 1024, threads, threads == 1 ? Many : Nothing),
            Gemm(1, 1024, 1024, threads, threads == 1 ? One : Nothing),
            Gemm(64, 3072, 768, threads, threads == 1 ? Many : Nothing),
            Gemm(256, 3072, 768, threads, threads == 1 ? Many : Nothing),
            Gemm(1, 3072, 768, threads, threads == 1 ? One : Nothing),
            Conv("3x3, 64 to 64 channels, 32x32", 1, 64, 32, 3, 1, threads, threads == 1 ? Taps : Nothing),
            Conv("1x1, 256 to 256 channels, 28x28", 1, 256, 28, 1, 1, threads, threads == 1 ? Points : Nothing),
        }),
        .. Enumerable.Range(3, 6).Select(rows => Gemm(rows, 1024, 1024, 1, Few)),
        Conv("3x3 stride 2, 64 to 64 channels, 32x32", 1, 64, 32, 3, 2, 1, Nothing),
        Conv("3x3, 64 to 64 channels, 27x27", 1, 64, 27, 3, 1, 1, Nothing),
        Conv("3x3, 64 to 64 channels, 32x32, batch 8", 8, 64, 32, 3, 1, 1, Nothing),
        Gemm(64, 1024, 1024, 1, Share(Many), InstructionSet.Avx2),
        Gemm(1, 1024, 1024, 1, Share(One), InstructionSet.Avx2),
        Conv("3x3, 64 to 64 channels, 32x32", 1, 64, 32, 3, 1, 1, Share(Taps), InstructionSet.Avx2),
        new NetworkSpeed(Mlp, 5),
        new NetworkSpeed(MnistBurn with { Batch = 1 }, null),
        new NetworkSpeed(MnistBurn, null),
        new NetworkSpeed(Resnet20 with { Batch = 1 }, 2.5),
        new NetworkSpeed(Resnet20, 2.5),
        new NetworkSpeed(Squeezenet, 2.5),
        new NetworkSpeed(Resnet20 with { Allocation = ElsaAllocation.Uniform }, null),
        new NetworkSpeed(Squeezenet with { Allocation = ElsaAllocation.Uniform }, null),
        new NetworkSpeed(Autoencoder, null),
        new NetworkSpeed(Transformer, null),
        .. Networks.Select(network => new NetworkTime(network)),
        .. Networks.Where(network => network.Vocabulary is null).Select(network => new NetworkPrediction(network)),
        new LevelMemory(),
        new LevelLoadTime(),
        new TestRun("kernels: every level, path and layout against the definition", "relative error under 1e-5",
            "FullyQualifiedName~Tests.Kernels"),
        new TestRun("levels through the transformer, and lowered layers, against ONNX Runtime on the extracted level",
            "relative error under 1e-5", "FullyQualifiedName~SparseScoringTests|FullyQualifiedName~WinogradScoringTests|FullyQualifiedName~LayerLoweringTests|FullyQualifiedName~PooledConvolutionTests|FullyQualifiedName~MaxPoolOperatorTests"),
        new TestRun("10,000 runs of 8 threads with changing rows and levels; 1,000 lives", "no mismatch, no native leak",
            "FullyQualifiedName~SparseLifetimeTests"),
    ];

    /// <summary>An MLP 784-1024-1024-10 with ReLU and seeded random weights.</summary>
    public static ModelProto LargeMlp() => RandomMlp.Create(784, 1024, 1024, 10);

    static LayerSpeed Gemm(int rows, int inputs, int outputs, int threads, double?[] required, InstructionSet? set = null) =>
        new($"Gemm {inputs}x{outputs}, {rows} row{(rows == 1 ? "" : "s")}", count => LayerUnderTest.Gemm(rows, inputs, outputs, count), threads, required, set);

    static LayerSpeed Conv(
        string title, int batch, int channels, int size, int kernel, int stride, int threads, double?[] required, InstructionSet? set = null) =>
        new($"Conv {title}", count => LayerUnderTest.Conv(batch, channels, channels, size, kernel, stride, count), threads, required, set);

    static NetworkCase Shared(string title, string file, int inputs, int batch) =>
        new(title, () => ModelProto.Parser.ParseFromFile(SharedFiles.Require($"models/{file}")), inputs, batch, 1);

    /// <summary>What AVX2 alone must reach: four fifths.</summary>
    static double?[] Share(double?[] required) => [.. required.Select(least => 0.8 * least)];
}
