namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>What was decided for a level and a number of rows.</summary>
/// <param name="Kernels">Names of the layers that our kernels run, and by which.</param>
/// <param name="Timings">Medians of each layer alone, in microseconds, where it was timed.</param>
/// <param name="Network">What the whole network took, for a person to read.</param>
/// <param name="Shapes">Shapes of the values in a run, which the layers were found with.</param>
/// <param name="Difference">How far the outputs were from those of dense execution; 0 if ONNX Runtime runs all layers.</param>
internal sealed record KernelDecision(
    IReadOnlyDictionary<string, ElsaLayerKernel> Kernels, IReadOnlyDictionary<string, LayerTimes> Timings, string Network,
    IReadOnlyDictionary<string, long[]> Shapes, double Difference);

/// <summary>Median microseconds of a layer alone, by the kernels that were timed.</summary>
internal sealed record LayerTimes(double Dense, double? Winograd, double? Sparse);
