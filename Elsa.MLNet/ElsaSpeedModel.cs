using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring.Sparse;

namespace Elsa.MLNet;

/// <summary>
/// Tells before training which speed-up sparse levels of a model are to expect on this machine, and which sparsity is wasted.
/// Each layer's kernels are timed on random values of its shapes, with the zeros that keeping the largest weights of all
/// tensors together would give it. Training moves zeros between the layers, so this is an estimate.
/// </summary>
public static class ElsaSpeedModel
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(5);

    /// <summary>Predicts for a file.</summary>
    /// <param name="modelFile">The dense ONNX model, with one input.</param>
    /// <param name="sparsities">Sparsities of the levels: in (0, 1), increasing.</param>
    /// <param name="batch">Rows of a batch, at least 1; it is divided as in scoring.</param>
    /// <param name="execution">Threads; null for the defaults. Other providers than the CPU are not looked at.</param>
    /// <returns>A line for each level and masked layer, in the model's order; what was not reached within about five seconds
    /// says so.</returns>
    /// <exception cref="ArgumentException">A sparsity is out of its range, the batch is less than 1, or the model has no
    /// maskable weight or cannot be run.</exception>
    /// <exception cref="InvalidOperationException">The program has no native library of ONNX Runtime.</exception>
    /// <exception cref="ParentFormatException">The file is not ONNX.</exception>
    public static IReadOnlyList<ElsaLayerSpeed> Predict(
        string modelFile, IReadOnlyList<double> sparsities, int batch = 64, ElsaExecutionOptions? execution = null)
    {
        ArgumentNullException.ThrowIfNull(modelFile);
        return Predict(MaskableModel.Read(modelFile), sparsities, batch, execution);
    }

    /// <summary>Predicts for a model in memory.</summary>
    /// <inheritdoc cref="Predict(string, IReadOnlyList{double}, int, ElsaExecutionOptions?)"/>
    /// <param name="model">The dense ONNX model, with one input.</param>
    /// <param name="sparsities">Sparsities of the levels: in (0, 1), increasing.</param>
    /// <param name="batch">Rows of a batch, at least 1; it is divided as in scoring.</param>
    /// <param name="execution">Threads; null for the defaults. Other providers than the CPU are not looked at.</param>
    public static IReadOnlyList<ElsaLayerSpeed> Predict(
        ReadOnlyMemory<byte> model, IReadOnlyList<double> sparsities, int batch = 64,
        ElsaExecutionOptions? execution = null) => Predict(MaskableModel.Parse(model), sparsities, batch, execution);

    private static IReadOnlyList<ElsaLayerSpeed> Predict(
        MaskableModel model, IReadOnlyList<double> sparsities, int batch, ElsaExecutionOptions? execution)
    {
        ArgumentNullException.ThrowIfNull(sparsities);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ElsaSparsifyOptions.CheckSparsities(sparsities, fewest: 1);
        var masks = ElsaAllocation.Global.Masks(model, ElsaImportance.Magnitude, sparsities);
        return new SpeedPrediction(model, masks, [.. sparsities.Select(ElsaLevel.NameOf)])
            .Run(batch, (execution ?? new ElsaExecutionOptions()).OnCpu(), Budget);
    }
}
