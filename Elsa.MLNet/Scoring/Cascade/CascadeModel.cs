using Elsa.MLNet.Data;

namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>
/// Levels that are asked one after another, as one model. Its score has one value more than theirs: the index of the
/// level that gave it.
/// </summary>
internal sealed class CascadeModel(IReadOnlyList<LevelModel> levels, RowConfidence confidence, double threshold)
    : IRowModel, IDisposable
{
    public double Threshold => threshold;

    public string InputDescription => levels[0].InputDescription;

    public bool Accepts(int inputSize) => levels[0].Accepts(inputSize);

    public int OutputSize(int inputSize) => levels[0].OutputSize(inputSize) + 1;

    public IBatchScorer Open(int inputSize, int batchSize)
    {
        ThrowIfDisposed();
        return new CascadeScorer(levels, confidence, threshold, inputSize, batchSize);
    }

    public void ThrowIfDisposed() => levels[0].ThrowIfDisposed();

    public void Dispose()
    {
        foreach (var level in levels)
            level.Dispose();
    }
}
