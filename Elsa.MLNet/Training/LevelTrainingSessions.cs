using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Training;

/// <summary>
/// The training step for each level: one for all, or, with frozen statistics of normalisation, another one behind the
/// sparsest level.
/// </summary>
/// <param name="build">Builds the step, given the names of frozen statistics or null.</param>
/// <param name="feed">The batch and the targets.</param>
/// <param name="training">What is frozen.</param>
/// <param name="sparsest">Index of the sparsest level.</param>
/// <param name="execution">Threads.</param>
internal sealed class LevelTrainingSessions(Func<IReadOnlyList<string>?, TrainingGraph> build,
    IReadOnlyDictionary<string, OrtValue> feed,
    ElsaTraining training, int sparsest, ElsaExecutionOptions execution) : IDisposable
{
    private TrainingSession? _byBatch, _frozen;

    public TrainingSession Of(int level)
    {
        _byBatch ??= Open(null);
        if (level == sparsest || training.SideParameters != ElsaTrainedSideParameters.Frozen
            || _byBatch.Graph.Statistics.Length == 0) return _byBatch;
        return _frozen ??= Open([.. _byBatch.Graph.Statistics.Parts.Select(part => part.Name)]);
    }

    public void Dispose()
    {
        _byBatch?.Dispose();
        _frozen?.Dispose();
    }

    private TrainingSession Open(IReadOnlyList<string>? frozenStatistics) =>
        new(build(frozenStatistics), feed, training.Optimizer.StateCount, execution);
}
