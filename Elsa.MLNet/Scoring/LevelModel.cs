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

    public ModelSignature Signature => _sessions.Signature;

    /// <summary>How the sessions are run.</summary>
    public ElsaExecutionOptions Execution => _sessions.Execution;

    /// <summary>Values of one row, if the model declares them all.</summary>
    public int? InputSize => Signature.Input.RowSize();

    /// <summary>Short name of the provider that runs.</summary>
    public string Provider => _sessions.Execution.Provider;

    /// <summary>How the level's layers run for full batches.</summary>
    public IReadOnlyList<ElsaLayerExecution> Layers => _sessions.LayersOf(Level, BatchSize);

    public string InputDescription => Signature.Input.RowSize() is { } size
        ? $"{Signature.Input}: {size} values per row" +
            (Signature.Input.HasBatch ? "" : ", as its first dimension is neither 1 nor free")
        : Signature.Input.ToString();

    /// <summary>Another hold, on any level. It does not load the level.</summary>
    public LevelModel At(int level)
    {
        ThrowIfDisposed();
        _sessions.Users.Add();
        return new LevelModel(_sessions, level);
    }

    /// <summary>A hold on the same level in sessions of its own, executed otherwise.</summary>
    public LevelModel With(ElsaExecutionOptions execution)
    {
        ThrowIfDisposed();
        return new LevelModel(_sessions.With(execution), Level);
    }

    /// <summary>A hold on a level that shares no session with this one, to measure it alone.</summary>
    public LevelModel Apart(int level)
    {
        ThrowIfDisposed();
        return new LevelModel(_sessions.With(_sessions.Execution), level);
    }

    public bool Accepts(int inputSize) => Signature.Input.RowDimensionsFor(inputSize) is not null;

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
                $"{Signature.Output} promises {_sessions.OutputSize(Level, inputSize)}. Correct the " +
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
