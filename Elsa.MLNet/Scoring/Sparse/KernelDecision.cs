namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>What was decided for a level and a number of rows.</summary>
/// <param name="Sparse">Names of the layers that run sparse.</param>
/// <param name="Timings">Medians of each layer alone, in microseconds, where it was timed.</param>
/// <param name="Network">What the whole network took, for a person to read.</param>
/// <param name="Shapes">Shapes of the values in a run, which the layers were found with.</param>
/// <param name="Difference">How far the outputs were from those of dense execution; 0 if all layers run dense.</param>
internal sealed record KernelDecision(
    IReadOnlyList<string> Sparse, IReadOnlyDictionary<string, LayerTimes> Timings, string Network,
    IReadOnlyDictionary<string, long[]> Shapes, double Difference);

/// <summary>Median microseconds of a layer alone.</summary>
internal sealed record LayerTimes(double Dense, double Sparse);
