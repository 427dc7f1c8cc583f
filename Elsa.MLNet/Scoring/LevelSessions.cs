using System.Collections.Concurrent;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// The sessions of all levels of a parent, each loaded when it is first needed and freed with the last
/// <see cref="LevelModel"/> that uses them. Thread safe.
/// </summary>
internal sealed class LevelSessions
{
    private readonly ConcurrentDictionary<(int Level, int InputSize), LevelSession> _loaded = new();
    private readonly Lock _loading = new();
    private readonly ILevelModels _models;
    private readonly IHostEnvironment _environment;
    private bool _freed;

    /// <exception cref="ArgumentException">The model has no input or output of these names, or the provider is not
    /// available.</exception>
    public LevelSessions(
        IHostEnvironment environment, ILevelModels models, ElsaExecutionOptions execution, string? inputName,
        string? outputName)
    {
        SessionOpening.RequireProvider(execution.Provider);
        _environment = environment;
        _models = models;
        Execution = execution;
        Signature = ModelSignature.Of(models.Extract(0), inputName, outputName);
        Users = new ReferenceCount(nameof(ElsaTransformer), LevelModel.DisposedMessage, Free);
    }

    public ElsaExecutionOptions Execution { get; }

    public ModelSignature Signature { get; }

    public int LevelCount => _models.LevelCount;

    /// <summary>Who uses the sessions; the first user is there from the start.</summary>
    public ReferenceCount Users { get; }

    /// <summary>Sessions that are loaded now.</summary>
    public int LoadedCount => _loaded.Count;

    /// <summary>The session of a level for rows of a size; loads it the first time.</summary>
    public LevelSession Get(int level, int inputSize)
    {
        if (_loaded.TryGetValue((level, inputSize), out var session))
            return session;
        lock (_loading)
        {
            if (_loaded.TryGetValue((level, inputSize), out session))
                return session;
            ObjectDisposedException.ThrowIf(_freed, typeof(ElsaTransformer));
            session = LevelSession.Load(_models.Extract(level), Signature, inputSize, Execution);
            _loaded[(level, inputSize)] = session;
            Log(level, session);
            return session;
        }
    }

    /// <summary>
    /// Values of one score for rows of a size: as the model declares it, else as one row run through a loaded level
    /// tells.
    /// </summary>
    public int OutputSize(int level, int inputSize)
    {
        if (Signature.Output.RowSize() is { } declared)
            return declared;
        var any = _loaded.FirstOrDefault(s => s.Key.InputSize == inputSize).Value;
        return (any ?? Get(level, inputSize)).OutputSize;
    }

    /// <summary>Sessions of the same levels, of which none is loaded and none is shared with these.</summary>
    public LevelSessions Apart() =>
        new(_environment, _models, Execution, Signature.Input.Name, Signature.Output.Name);

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
        string message = $"Level {level} with input {session.Signature.Input} {how}.";
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
        }
    }
}
