using Elsa.MLNet.Data;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// One transformer's hold on one level. The sessions are shared with the holds made by <see cref="At"/>.
/// </summary>
internal sealed class LevelModel : IRowModel, IDisposable
{
    public const string DisposedMessage =
        "The ElsaTransformer was disposed. Keep it until the last row of every data view made by it has been read.";

    private readonly LevelSessions _sessions;
    private int _disposed;

    /// <summary>The first hold on new sessions.</summary>
    public LevelModel(LevelSessions sessions, int level)
    {
        _sessions = sessions;
        Level = level;
    }

    public int Level { get; }

    /// <summary>Rows that one call scores at most.</summary>
    public int BatchSize => _sessions.Execution.BatchSize;

    public string OutputName => _sessions.Signature.Output.Name;

    public string InputDescription => _sessions.Signature.Input.RowSize() is { } size
        ? $"{_sessions.Signature.Input}: {size} values per row" +
            (_sessions.Signature.Input.HasBatch ? "" : ", as its first dimension is neither 1 nor free")
        : _sessions.Signature.Input.ToString();

    /// <summary>Another hold, on any level. It does not load the level.</summary>
    public LevelModel At(int level)
    {
        ThrowIfDisposed();
        _sessions.Users.Add();
        return new LevelModel(_sessions, level);
    }

    public bool Accepts(int inputSize) => _sessions.Signature.Input.RowDimensionsFor(inputSize) is not null;

    public int OutputSize(int inputSize)
    {
        ThrowIfDisposed();
        return _sessions.OutputSize(Level, inputSize);
    }

    public IBatchScorer Open(int inputSize, int batchSize)
    {
        ThrowIfDisposed();
        var session = _sessions.Get(Level, inputSize);
        if (session.OutputSize != _sessions.OutputSize(Level, inputSize))
        {
            throw new InvalidOperationException(
                $"Level {Level} gives {session.OutputSize} values for a row, but the model's output " +
                $"{_sessions.Signature.Output} promises {_sessions.OutputSize(Level, inputSize)}. Correct the " +
                "output's declared shape.");
        }
        return new LevelScorer(this, session, batchSize, _sessions.Execution.CancellationToken);
    }

    public void ThrowIfDisposed()
    {
        if (Volatile.Read(ref _disposed) != 0)
            throw new ObjectDisposedException(nameof(ElsaTransformer), DisposedMessage);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _sessions.Users.Release();
    }
}
