using System.Globalization;
using Elsa.MLNet.Operators;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>
/// The sessions of one level: for each <see cref="RowBucket"/> the one whose layers run by the kernels that are fastest
/// for so many rows. They are chosen when so many rows are first scored, on these rows, and their scores are compared
/// with those of dense execution. Buckets that choose alike share a session, and a session that no bucket uses is
/// freed. Thread safe.
/// </summary>
internal sealed class LevelKernels : IDisposable
{
    private readonly ISparseLevels _levels;
    private readonly int _level;
    private readonly LevelPacks _packs;
    private readonly ElsaExecutionOptions _execution;
    private readonly DecisionFile? _file;
    private readonly LevelSession _opened;
    private readonly Action<string> _log;
    private readonly Lock _choosing = new();
    private readonly Dictionary<string, HeldSession> _sessions = new(StringComparer.Ordinal);
    private readonly Choice?[] _choices = new Choice?[RowBucket.Count];
    private bool _disposed;

    /// <param name="levels">The parent's levels.</param>
    /// <param name="level">A level.</param>
    /// <param name="packs">Packed weights, shared by the levels; used until this is disposed.</param>
    /// <param name="execution">Threads, and how kernels are chosen.</param>
    /// <param name="file">Where choices are kept that are timed; null if none is.</param>
    /// <param name="opened">Knows how rows get through.</param>
    /// <param name="dense">The level opened as it is, if it was; freed by this.</param>
    /// <param name="log">Told what was chosen, and what went wrong.</param>
    public LevelKernels(
        ISparseLevels levels, int level, LevelPacks packs, ElsaExecutionOptions execution, DecisionFile? file,
        LevelSession opened, InferenceSession? dense, Action<string> log)
    {
        (_levels, _level, _packs, _execution) = (levels, level, packs.Share(), execution);
        (_file, _opened, _log) = (file, opened, log);
        if (dense is not null)
            _sessions[Key([], isTiled: false)] = new HeldSession(dense);
    }

    private bool HasBatch => _opened.Batching != Batching.RowByRow;

    /// <summary>How the layers run for as many rows, or for those that were scored last; empty before any was.</summary>
    public IReadOnlyList<ElsaLayerExecution> Execution(int rows)
    {
        lock (_choosing)
        {
            var choice = _choices[RowBucket.Of(rows)] ?? _choices.LastOrDefault(found => found is not null);
            return choice?.Layers ?? [];
        }
    }

    /// <summary>The session for as many rows, to be disposed after the run.</summary>
    public HeldSession Session(LevelRun run)
    {
        int bucket = RowBucket.Of(run.Rows);
        var choice = Volatile.Read(ref _choices[bucket]);
        if (choice is not null)
            return choice.Session.Share();
        lock (_choosing)
        {
            if (_disposed)
                throw LevelModel.Disposed();
            choice = _choices[bucket] ??= Choose(bucket, run);
            foreach (var (key, unused) in _sessions.Where(s => _choices.All(c => c?.Session != s.Value)).ToList())
            {
                _sessions.Remove(key);
                unused.Dispose();
            }
            return choice.Session.Share();
        }
    }

    public void Dispose()
    {
        lock (_choosing)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (var session in _sessions.Values)
                session.Dispose();
            _sessions.Clear();
        }
        _packs.Dispose();
    }

    private Choice Choose(int bucket, LevelRun run)
    {
        // Weights that run sparse come from the packs: only those that stay need their zeros.
        var model = _opened.Opened(_levels.Unmasked(_level));
        if (ElsaOperators.SparseAvailability is { } unavailable)
            return Dense(model, bucket, unavailable);
        try
        {
            return _file?.Find(bucket) is { } kept ? Kept(model, bucket, kept) : Choose(model, bucket, run);
        }
        catch (Exception failure) when (
            failure is OnnxRuntimeException or ArgumentException
            or (InvalidOperationException and not ObjectDisposedException))
        {
            // Whatever it is, rows can still be scored.
            return Dense(model, bucket, $"its sparse form failed: {failure.Message}");
        }
    }

    private Choice Kept(ModelProto model, int bucket, KernelDecision decision)
    {
        var layers = LayerLowering.Find(model, _levels.Masks.TensorNames, decision.Shapes);
        var chosen = layers.SelectMany(layer => layer.Ways(_level))
            .Where(way => decision.Kernels.TryGetValue(way.Name, out var kernel) && kernel == way.Kernel).ToList();
        return Timed(model, bucket, layers, chosen, decision);
    }

    private Choice Choose(ModelProto model, int bucket, LevelRun run)
    {
        var level = model.Clone();
        _levels.Mask(level, _level);
        if (ShapeSample.TryTake(level, run.InputNames, run.Inputs, HasBatch) is not { } shapes)
            return Dense(model, bucket, "the shapes of its values cannot be found by running it on other rows");
        var layers = LayerLowering.Find(model, _levels.Masks.TensorNames, shapes.Shapes);
        bool isRequired = _execution.SparseKernels == ElsaSparseKernels.Required;
        var able = layers.Where(layer => isRequired ? layer.Reason is null : layer.Ways(_level).Any()).ToList();
        if (able.Count == 0)
        {
            string reasons = string.Join("; ", layers.Select(layer => $"'{layer.Name}': {layer.Reason}"));
            return Dense(model, bucket, $"no layer can run sparse ({reasons})", layers);
        }
        var times = _file is null
            ? null
            : new KernelTiming(
                _execution, _level, (alone, way) => Lowered(alone, way, isTiled: false), chosen => Session(model, bucket, chosen))
                .Choose(level, able, layer => Sizes(layer, shapes, run.Rows), run);
        var chosen = times is not null ? times.Chosen
            : isRequired ? able
            : [.. able.Select(layer => KernelRule.Way(
                layer, _level, Sparsity(layer), Positions(layer, shapes, run.Rows))).OfType<MaskedLayer>()];
        if (Objection(model, bucket, chosen, run, out double difference) is { } objection)
            return Dense(model, bucket, objection, layers);
        if (times is null)
        {
            string reason = isRequired ? "sparse kernels are required" : "by the fixed rule of KernelChoice.CostModel";
            return Open(model, bucket, layers, chosen, _ => reason);
        }
        var decision = new KernelDecision(
            chosen.ToDictionary(layer => layer.Name, layer => layer.Kernel), times.Timings, times.Network, shapes.Shapes, difference);
        _file!.Keep(_opened.Opening, bucket, decision);
        return Timed(model, bucket, layers, chosen, decision);
    }

    /// <summary>Why our kernels must not run layers: on this run they score otherwise than ONNX Runtime's; null if they do
    /// not.</summary>
    private string? Objection(
        ModelProto model, int bucket, IReadOnlyCollection<MaskedLayer> chosen, LevelRun run, out double difference)
    {
        difference = 0;
        if (chosen.Count == 0)
            return null;
        using var expected = run.On(Session(model, bucket, []).Session);
        using var actual = run.On(Session(model, bucket, chosen).Session);
        if (Agreement.Difference(expected, actual) is not { } found)
            return "its outputs by Elsa's kernels cannot be compared with those by ONNX Runtime's";
        difference = found;
        return difference <= Agreement.Tolerance ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"its outputs by Elsa's kernels differ from those by ONNX Runtime's by {difference:0.0e+0} of their norm, " +
            $"more than {Agreement.Tolerance:0.0e+0}");
    }

    private Choice Timed(
        ModelProto model, int bucket, IReadOnlyList<MaskedLayer> layers, IReadOnlyCollection<MaskedLayer> chosen,
        KernelDecision decision)
    {
        int sparse = chosen.Count(layer => layer.Kernel == ElsaLayerKernel.Sparse);
        _log($"Level {_level} with {RowBucket.Name(bucket)}: {sparse} of {layers.Count} masked layers run by " +
            $"sparse kernels, {chosen.Count - sparse} by Winograd's convolution; {decision.Network}.");
        return Open(model, bucket, layers, chosen, isChosen => isChosen
            ? "it, or the network with it, was clearly faster when timed"
            : "no other kernel, or the network with it, was clearly faster when timed", decision);
    }

    private Choice Dense(ModelProto model, int bucket, string reason, IReadOnlyList<MaskedLayer>? layers = null)
    {
        if (_execution.SparseKernels == ElsaSparseKernels.Required)
        {
            throw new NotSupportedException(
                $"SparseKernels is Required, but level {_level} cannot run by sparse kernels: {reason}. Choose Auto, " +
                "which runs dense then.");
        }
        _log($"Level {_level} runs dense: {reason}.");
        return Open(model, bucket, layers ?? [], [], _ => reason);
    }

    private Choice Open(
        ModelProto model, int bucket, IReadOnlyList<MaskedLayer> layers, IReadOnlyCollection<MaskedLayer> chosen,
        Func<bool, string> reason, KernelDecision? decision = null)
    {
        var kernels = chosen.ToDictionary(layer => layer.Name, layer => layer.Kernel);
        return new Choice(Session(model, bucket, chosen), [.. layers.Select(layer => Told(
            layer, kernels.GetValueOrDefault(layer.Name),
            layer.Reason ?? reason(kernels.ContainsKey(layer.Name)), decision?.Timings.GetValueOrDefault(layer.Name)))]);
    }

    private ElsaLayerExecution Told(MaskedLayer layer, ElsaLayerKernel kernel, string reason, LayerTimes? times) =>
        new(layer.Name, layer.Operator, Sparsity(layer), kernel, reason)
        {
            DenseMicroseconds = times?.Dense,
            WinogradMicroseconds = times?.Winograd,
            SparseMicroseconds = times?.Sparse,
        };

    private double Sparsity(MaskedLayer layer)
    {
        var map = _levels.Masks[layer.Weight];
        return 1 - (double)map.KeptCount(_level) / map.Length;
    }

    private long Positions(MaskedLayer layer, ShapeSample shapes, int rows) =>
        shapes.For(layer.Node.Input[0], HasBatch ? rows : 2) is { } shape
            ? shape.Aggregate(1L, (product, size) => product * size) / Math.Max(1, layer.Layout.Columns)
            : rows;

    private Dictionary<string, long[]>? Sizes(MaskedLayer layer, ShapeSample shapes, int rows)
    {
        var sizes = new Dictionary<string, long[]>(StringComparer.Ordinal);
        foreach (string name in layer.Values)
        {
            if (shapes.For(name, HasBatch ? rows : 2) is not { } size)
                return null;
            sizes[name] = size;
        }
        return sizes;
    }

    private HeldSession Session(ModelProto model, int bucket, IReadOnlyCollection<MaskedLayer> chosen)
    {
        bool isTiled = HasBatch && RowBucket.IsTiled(bucket);
        string key = Key(chosen, isTiled);
        if (!_sessions.TryGetValue(key, out var session))
        {
            var lowered = chosen.Count == 0 ? model.Clone() : Lowered(model, chosen, isTiled);
            _levels.Mask(lowered, _level);
            _sessions[key] = session = new HeldSession(SessionOpening.Open(lowered, _execution));
        }
        return session;
    }

    private ModelProto Lowered(ModelProto model, IReadOnlyCollection<MaskedLayer> layers, bool isTiled) =>
        LayerLowering.Apply(
            model, layers, _level, _execution.IntraOpNumThreads ?? Environment.ProcessorCount, _packs.Handle, isTiled);

    private static string Key(IReadOnlyCollection<MaskedLayer> chosen, bool isTiled) => string.Join(
        '\n', chosen.Select(layer => $"{layer.Kernel} {layer.Name} {isTiled && layer.MatrixRows > 0}"));

    private sealed record Choice(HeldSession Session, IReadOnlyList<ElsaLayerExecution> Layers);
}
