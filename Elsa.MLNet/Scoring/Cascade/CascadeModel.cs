using Elsa.MLNet.Data;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>
/// Levels that are asked one after another, as one model. Its score has one value more than theirs: the index of the
/// level that gave it.
/// </summary>
internal sealed class CascadeModel(IReadOnlyList<LevelModel> levels, RowConfidence confidence, double threshold)
    : IRowModel, IDisposable
{
    public double Threshold => threshold;

    public RowInputs Bind(IReadOnlyList<InputColumn> columns)
    {
        var inputs = levels[0].Bind(columns);
        return inputs.Types.Count == 1 && inputs.Types[0] == typeof(float) ? inputs : throw new ArgumentException(
            $"A cascade scores one column of Single; the model is fed by {string.Join(", ", columns.Select(c => c.Name))}. " +
            "Score with WithLevel instead.", nameof(columns));
    }

    /// <summary>The score, and the level that gave it.</summary>
    public IReadOnlyList<DataViewType> OutputTypes(RowInputs inputs) =>
        [.. levels[0].OutputTypes(inputs), NumberDataViewType.Int32];

    public IBatchScorer Open(RowInputs inputs, int batchSize)
    {
        ThrowIfDisposed();
        return new CascadeScorer(levels, confidence, threshold, inputs.Size, batchSize);
    }

    public void ThrowIfDisposed() => levels[0].ThrowIfDisposed();

    public void Dispose()
    {
        foreach (var level in levels)
            level.Dispose();
    }
}
