using Elsa.MLNet.Data;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// One transformer's hold on one level. The sessions are shared with the holds made by <see cref="At"/>.
/// </summary>
internal sealed class LevelModel : IRowModel, IDisposable
{
    private readonly LevelSessions _sessions;
    private int _disposed;

    /// <summary>The first hold on new sessions.</summary>
    public LevelModel(LevelSessions sessions, int level)
    {
        _sessions = sessions;
        Level = level;
    }

    /// <summary>What its users are told wherever something of a transformer is already freed.</summary>
    public static ObjectDisposedException Disposed() => new(
        nameof(ElsaTransformer),
        "The ElsaTransformer was disposed. Keep it until the last row of every data view made by it has been read.");

    public int Level { get; }

    /// <summary>Rows that one call scores at most.</summary>
    public int BatchSize => _sessions.Execution.BatchSize;

    /// <summary>The inputs and outputs.</summary>
    public ModelSignature Signature => _sessions.Signature;

    /// <summary>How the sessions are run.</summary>
    public ElsaExecutionOptions Execution => _sessions.Execution;

    /// <summary>Short name of the provider that runs.</summary>
    public string Provider => _sessions.Execution.Provider;

    /// <summary>How the level's layers run for full batches.</summary>
    public IReadOnlyList<ElsaLayerExecution> Layers => _sessions.LayersOf(Level, BatchSize);

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

    public RowInputs Bind(IReadOnlyList<InputColumn> columns) => _sessions.Signature.Bind(columns);

    public IReadOnlyList<DataViewType> OutputTypes(RowInputs inputs)
    {
        ThrowIfDisposed();
        return [.. _sessions.Signature.Outputs.Select((_, output) =>
            _sessions.Signature.ColumnType(output, _sessions.OutputDimensions(Level, output, inputs)))];
    }

    /// <summary>Values of the first output when one column of Single feeds the model.</summary>
    public int OutputSize(int inputSize) => OutputSize(_sessions.Signature.Bind(inputSize));

    /// <summary>Values of the first output.</summary>
    public int OutputSize(RowInputs inputs)
    {
        ThrowIfDisposed();
        var dimensions = _sessions.OutputDimensions(Level, 0, inputs);
        return (int)dimensions.Aggregate(1L, (product, dimension) => product * dimension);
    }

    /// <summary>As <see cref="Open(RowInputs, int)"/>, when one column of Single feeds the model.</summary>
    public IBatchScorer Open(int inputSize, int batchSize) => Open(_sessions.Signature.Bind(inputSize), batchSize);

    public IBatchScorer Open(RowInputs inputs, int batchSize)
    {
        ThrowIfDisposed();
        var session = _sessions.Get(Level, inputs, batchSize);
        CheckOutputs(session, inputs);
        return new LevelScorer(this, session, inputs.Types, batchSize, _sessions.Execution.CancellationToken);
    }

    public void ThrowIfDisposed()
    {
        if (Volatile.Read(ref _disposed) != 0)
            throw Disposed();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _sessions.Users.Release();
    }

    private void CheckOutputs(LevelSession session, RowInputs inputs)
    {
        for (int output = 0; output < session.OutputSizes.Count; output++)
        {
            long promised = _sessions.OutputDimensions(Level, output, inputs)
                .Aggregate(1L, (product, dimension) => product * dimension);
            if (session.OutputSizes[output] != promised)
            {
                throw new InvalidOperationException(
                    $"Level {Level} gives {session.OutputSizes[output]} values for a row, but the model's output " +
                    $"{_sessions.Signature.Outputs[output]} promises {promised}. Correct the output's declared shape.");
            }
        }
    }
}
