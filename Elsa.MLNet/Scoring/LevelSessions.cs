using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using Elsa.MLNet.Data;
using Elsa.MLNet.Scoring.Sparse;
using Microsoft.ML.Runtime;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// The sessions of all levels of a parent, each loaded when it is first needed and freed with the last
/// <see cref="LevelModel"/> that uses them. Thread safe.
/// </summary>
internal sealed class LevelSessions
{
    private readonly ConcurrentDictionary<(int Level, string Shape, BatchDivision Division), LevelSession> _loaded = new();
    private readonly Lock _loading = new();
    private readonly ILevelModels _models;
    private readonly IHostEnvironment _environment;
    private readonly ConcurrentDictionary<string, long> _rowBytes = new(StringComparer.Ordinal);
    private readonly ActivationSizes _sizes;
    private readonly Func<ModelProto, ModelSignature> _signature;
    private LevelPacks? _packs;
    private bool _freed;

    /// <exception cref="ArgumentException">The model has no input or output of these names, or the provider is not
    /// available.</exception>
    public LevelSessions(
        IHostEnvironment environment, ILevelModels models, ElsaExecutionOptions execution, string? inputName,
        string? outputName)
        : this(environment, models, execution, model => ModelSignature.Of(model, inputName, outputName))
    {
    }

    /// <exception cref="ArgumentException">The model does not fit the columns, or the provider is not
    /// available.</exception>
    public LevelSessions(
        IHostEnvironment environment, ILevelModels models, ElsaExecutionOptions execution, ScoringColumns columns)
        : this(environment, models, execution, model => ModelSignature.Of(model, columns))
    {
    }

    private LevelSessions(
        IHostEnvironment environment, ILevelModels models, ElsaExecutionOptions execution,
        Func<ModelProto, ModelSignature> signature)
    {
        _environment = environment;
        _models = models;
        _signature = signature;
        Execution = ProviderChoice.Resolve(environment, execution);
        var dense = models.Extract(0);
        Signature = signature(dense);
        _sizes = new ActivationSizes(dense.Graph);
        Users = new ReferenceCount(Free);
    }

    /// <summary>With the provider that runs, which is the CPU after falling back.</summary>
    public ElsaExecutionOptions Execution { get; }

    public ModelSignature Signature { get; }

    public int LevelCount => _models.LevelCount;

    /// <summary>Who uses the sessions; the first user is there from the start.</summary>
    public ReferenceCount Users { get; }

    /// <summary>Sessions that are loaded now.</summary>
    public int LoadedCount => _loaded.Count;

    /// <summary>Sessions of the same models, none loaded yet, with one user.</summary>
    /// <exception cref="ArgumentException">The provider is not available.</exception>
    public LevelSessions With(ElsaExecutionOptions execution) => new(_environment, _models, execution, _signature);

    /// <summary>The session of a level for batches of rows of one shape; loads it the first time.</summary>
    public LevelSession Get(int level, RowInputs inputs, int batchSize)
    {
        var division = BatchDivision.Of(
            batchSize, Execution, Signature,
            _rowBytes.GetOrAdd(inputs.Shape, _ => _sizes.RowBytes(Signature, inputs)));
        if (_loaded.TryGetValue((level, inputs.Shape, division), out var session))
            return session;
        lock (_loading)
        {
            if (_loaded.TryGetValue((level, inputs.Shape, division), out session))
                return session;
            if (_freed)
                throw LevelModel.Disposed();
            session = Load(level, inputs, division);
            _loaded[(level, inputs.Shape, division)] = session;
            Log(level, session);
            return session;
        }
    }

    /// <summary>
    /// Dimensions of one row of an output: as the model declares them, else as one row run through a loaded level
    /// tells. None for an output that is no tensor.
    /// </summary>
    public long[] OutputDimensions(int level, int output, RowInputs inputs)
    {
        if (Signature.Outputs[output].Objects is not null)
            return [];
        if (Signature.OutputDimensions(output, inputs) is { } declared)
            return declared;
        var any = _loaded.FirstOrDefault(s => s.Key.Shape == inputs.Shape).Value;
        return (any ?? Get(level, inputs, Execution.BatchSize)).RowDimensions[output];
    }

    /// <summary>How a level's layers run for as many rows; empty while it is not loaded or nothing was scored.</summary>
    public IReadOnlyList<ElsaLayerExecution> LayersOf(int level, int rows) =>
        _loaded.Where(loaded => loaded.Key.Level == level)
            .Select(loaded => loaded.Value.Execution(loaded.Value.Division.RowsOfPart(rows)))
            .FirstOrDefault(layers => layers.Count > 0) ?? [];

    private LevelSession Load(int level, RowInputs inputs, BatchDivision division)
    {
        var execution = division.OfPart(Execution);
        var session = Load(level, inputs, execution);
        if (session.Batching == Batching.RowByRow && execution != Execution)
        {
            session.Dispose();
            return Load(level, inputs, Execution);
        }
        session.Division = division;
        return session;
    }

    private LevelSession Load(int level, RowInputs inputs, ElsaExecutionOptions execution)
    {
        if (_models is not ISparseLevels levels || !HasChoice(levels, level, execution))
            return LevelSession.Load(_models.Extract(level), Signature, inputs, execution);
        bool isTimed = execution.SparseKernels == ElsaSparseKernels.Auto
            && execution.KernelChoice == ElsaKernelChoice.Measured;
        var file = isTimed ? new DecisionFile(levels.Hash(level), Signature, inputs, execution, Tell) : null;
        var session = file?.Opening is { } opening
            ? LevelSession.Known(opening, Signature, inputs)
            : LevelSession.Load(levels.Extract(level), Signature, inputs, execution);
        _packs ??= new LevelPacks(levels);
        session.Use(dense => new LevelKernels(levels, level, _packs, execution, file, session, dense, Tell));
        return session;
    }

    /// <summary>Whether other kernels than ONNX Runtime's can run something of a level.</summary>
    private static bool HasChoice(ISparseLevels levels, int level, ElsaExecutionOptions execution)
    {
        if (execution.SparseKernels == ElsaSparseKernels.Off || !Provider.Named(execution.Provider).IsCpu)
            return false;
        return level > 0 || (execution.SparseKernels == ElsaSparseKernels.Auto
            && LayerLowering.Find(levels.Unmasked(0), levels.Masks.TensorNames, ReadOnlyDictionary<string, long[]>.Empty)
                .Any(layer => layer.Winograd is not null));
    }

    private void Tell(string message)
    {
        using var channel = _environment.Start("Choose kernels");
        channel.Info(MessageSensitivity.None, message);
    }

    private void Log(int level, LevelSession session)
    {
        using var channel = _environment.Start("Load level");
        string how = session.Batching switch
        {
            Batching.Free => $"scores batches of up to {Execution.BatchSize} rows",
            Batching.Rewritten =>
                $"was made for one row and is rewritten to score batches of up to {Execution.BatchSize} rows",
            _ => $"scores row by row, because {session.Reason}",
        };
        var inputs = session.Signature.Inputs;
        string message =
            $"Level {level} with input{(inputs.Count == 1 ? "" : "s")} {string.Join("; ", inputs)} {how}.";
        if (session.Batching == Batching.RowByRow)
            channel.Warning(MessageSensitivity.None, message);
        else
            channel.Info(MessageSensitivity.None, message);
    }

    private void Free()
    {
        lock (_loading)
        {
            _freed = true;
            foreach (var session in _loaded.Values)
                session.Dispose();
            _loaded.Clear();
            _packs?.Dispose();
        }
    }
}
