using Elsa.MLNet.Operators;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>
/// The sessions of one level: for each <see cref="RowBucket"/> the one whose layers run by the kernels that are fastest for so
/// many rows. They are chosen when so many rows are first scored, on these rows; buckets that choose alike share a session,
/// and a session that no bucket uses is freed. Thread safe.
/// </summary>
internal sealed class LevelKernels : IDisposable
{
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(200);

    private readonly ISparseLevels _levels;
    private readonly int _level;
    private readonly LevelPacks _packs;
    private readonly ElsaExecutionOptions _execution;
    private readonly Func<ModelProto> _model;
    private readonly bool _hasBatch;
    private readonly Action<string> _log;
    private readonly Lock _choosing = new();
    private readonly Dictionary<string, HeldSession> _sessions = new(StringComparer.Ordinal);
    private readonly Choice?[] _choices = new Choice?[RowBucket.Count];
    private bool _disposed;

    /// <param name="levels">The parent's levels.</param>
    /// <param name="level">A sparse level.</param>
    /// <param name="packs">Packed weights, shared by the levels.</param>
    /// <param name="execution">Threads, and how kernels are chosen.</param>
    /// <param name="model">Gives a new model of the level, open to several rows if it can be.</param>
    /// <param name="hasBatch">Whether the inputs' first dimension is the rows.</param>
    /// <param name="dense">The level opened as it is; freed by this.</param>
    /// <param name="log">Told what was chosen, and what went wrong.</param>
    public LevelKernels(
        ISparseLevels levels, int level, LevelPacks packs, ElsaExecutionOptions execution, Func<ModelProto> model,
        bool hasBatch, InferenceSession dense, Action<string> log)
    {
        (_levels, _level, _packs, _execution) = (levels, level, packs, execution);
        (_model, _hasBatch, _log) = (model, hasBatch, log);
        _sessions[Key([])] = new HeldSession(dense);
    }

    /// <summary>How the layers run for as many rows, or for those that were scored last; empty before any was.</summary>
    public IReadOnlyList<ElsaLayerExecution> Execution(int rows)
    {
        lock (_choosing)
        {
            var choice = _choices[RowBucket.Of(rows)] ?? _choices.LastOrDefault(found => found is not null);
            return choice?.Layers ?? [];
        }
    }

    /// <summary>Native memory of the packs that this level's parent holds.</summary>
    public long PackBytes => _packs.Bytes;

    /// <summary>The session for as many rows, to be disposed after the run.</summary>
    /// <param name="rows">Rows of the run.</param>
    /// <param name="inputNames">Names of the inputs.</param>
    /// <param name="inputs">Tensors of the run.</param>
    /// <param name="outputNames">Names of the outputs.</param>
    public HeldSession Session(int rows, string[] inputNames, OrtValue[] inputs, string[] outputNames)
    {
        int bucket = RowBucket.Of(rows);
        var choice = Volatile.Read(ref _choices[bucket]);
        if (choice is not null)
            return choice.Session.Share();
        lock (_choosing)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ElsaTransformer));
            choice = _choices[bucket] ??= Choose(bucket, rows, inputNames, inputs, outputNames);
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
            _disposed = true;
            foreach (var session in _sessions.Values)
                session.Dispose();
            _sessions.Clear();
        }
    }

    private Choice Choose(int bucket, int rows, string[] inputNames, OrtValue[] inputs, string[] outputNames)
    {
        var model = _model();
        if (ElsaOperators.SparseAvailability is { } unavailable)
            return Dense(model, unavailable);
        bool isTimed = _execution is { SparseKernels: ElsaSparseKernels.Auto, KernelChoice: ElsaKernelChoice.Measured };
        var file = isTimed ? new DecisionFile(_levels.Hash(_level), bucket, _execution) : null;
        var (decision, objection) = file?.Read() ?? (null, null);
        if (objection is not null)
            _log($"The kept choice of kernels is not used, and they are timed: {objection}.");
        var shapes = decision is null ? ShapeSample.TryTake(model, inputNames, inputs, _hasBatch) : null;
        if (decision is null && shapes is null)
            return Dense(model, "the shapes of its values cannot be found by running it on other rows");
        var layers = SparseLowering.Find(model, _levels.Masks.TensorNames, shapes?.Shapes ?? decision!.Shapes);
        var able = layers.Where(layer => layer.Reason is null).ToList();
        if (able.Count == 0)
        {
            string reasons = string.Join("; ", layers.Select(layer => $"'{layer.Name}': {layer.Reason}"));
            return Dense(model, $"no layer can run sparse ({reasons})", layers);
        }
        if (_execution.SparseKernels == ElsaSparseKernels.Required)
            return Open(model, layers, able, "sparse kernels are required", null);
        if (_execution.KernelChoice == ElsaKernelChoice.CostModel)
        {
            var ruled = able.Where(layer => KernelRule.IsSparse(layer, Sparsity(layer), Positions(layer, shapes!, rows)));
            return Open(model, layers, [.. ruled], "by the fixed rule of KernelChoice.CostModel", null);
        }
        if (decision is null)
        {
            decision = Measure(model, able, shapes!, rows, inputNames, inputs, outputNames);
            if (file!.Write(decision) is { } failure)
                _log($"The choice of kernels is not kept: {failure}.");
        }
        var chosen = able.Where(layer => decision.Sparse.Contains(layer.Name)).ToList();
        var choice = Open(model, layers, chosen, "it was the fastest when timed", decision);
        _log($"Level {_level} with {RowBucket.Name(bucket)}: {chosen.Count} of {layers.Count} masked layers run by sparse " +
            $"kernels{(decision.Network.Length > 0 ? $"; {decision.Network}" : "")}.");
        return choice;
    }

    private KernelDecision Measure(
        ModelProto model, List<SparseLayer> able, ShapeSample shapes, int rows, string[] inputNames, OrtValue[] inputs,
        string[] outputNames)
    {
        var timings = new Dictionary<string, LayerTimes>(StringComparer.Ordinal);
        foreach (var layer in able)
        {
            var sizes = layer.Values.ToDictionary(name => name, name => shapes.For(name, _hasBatch ? rows : 2));
            if (sizes.Values.Any(size => size is null))
                continue;
            var (dense, sparse) = LayerTiming.Measure(
                model, layer, sizes!, (alone, found) => Sparse(alone, [found]), _execution, Budget / able.Count);
            timings[layer.Name] = new LayerTimes(dense, sparse);
        }
        var mix = able.Where(layer => !timings.TryGetValue(layer.Name, out var times) || times.Sparse < times.Dense).ToList();
        var candidates = new List<(string Name, List<SparseLayer> Layers)> { ("dense", []) };
        if (mix.Count > 0 && mix.Count < able.Count)
            candidates.Add(("layers by their own times", mix));
        candidates.Add(("all sparse", able));
        using var options = new RunOptions();
        var sessions = candidates.Select(candidate => Session(model, candidate.Layers)).ToList();
        var medians = Alternation.Medians(Budget, [.. sessions.Select<HeldSession, Action>(session =>
            () => session.Session.Run(options, inputNames, inputs, outputNames).Dispose())]);
        int best = Array.IndexOf(medians, medians.Min());
        string network = string.Join(", ", candidates.Select((candidate, i) =>
            FormattableString.Invariant($"{candidate.Name} {medians[i]:0} us")));
        return new KernelDecision([.. candidates[best].Layers.Select(layer => layer.Name)], timings, network, shapes.Shapes);
    }

    private Choice Dense(ModelProto model, string reason, IReadOnlyList<SparseLayer>? layers = null)
    {
        if (_execution.SparseKernels == ElsaSparseKernels.Required)
        {
            throw new NotSupportedException(
                $"SparseKernels is Required, but level {_level} cannot run by sparse kernels: {reason}. Choose Auto, which " +
                "runs dense then.");
        }
        _log($"Level {_level} runs dense: {reason}.");
        return new Choice(
            Session(model, []),
            [.. (layers ?? []).Select(layer => Told(layer, false, layer.Reason ?? reason, null))]);
    }

    private Choice Open(
        ModelProto model, IReadOnlyList<SparseLayer> layers, List<SparseLayer> chosen, string reason,
        KernelDecision? decision) => new(
        Session(model, chosen),
        [.. layers.Select(layer => Told(layer, chosen.Contains(layer), layer.Reason ?? reason,
            decision?.Timings.GetValueOrDefault(layer.Name)))]);

    private ElsaLayerExecution Told(SparseLayer layer, bool isSparse, string reason, LayerTimes? times) =>
        new(layer.Name, layer.Operator, Sparsity(layer), isSparse, reason)
        {
            DenseMicroseconds = times?.Dense,
            SparseMicroseconds = times?.Sparse,
        };

    private double Sparsity(SparseLayer layer)
    {
        var map = _levels.Masks[layer.Weight];
        return 1 - (double)map.KeptCount(_level) / map.Length;
    }

    private long Positions(SparseLayer layer, ShapeSample shapes, int rows) =>
        shapes.For(layer.Node.Input[0], _hasBatch ? rows : 2) is { } shape
            ? shape.Aggregate(1L, (product, size) => product * size) / Math.Max(1, layer.Layout.Columns)
            : rows;

    private HeldSession Session(ModelProto model, List<SparseLayer> sparse)
    {
        string key = Key(sparse);
        if (!_sessions.TryGetValue(key, out var session))
        {
            var lowered = sparse.Count == 0 ? model : Sparse(model, sparse);
            _sessions[key] = session = new HeldSession(SessionOpening.Open(lowered, _execution));
        }
        return session;
    }

    private ModelProto Sparse(ModelProto model, IReadOnlyCollection<SparseLayer> layers) => SparseLowering.Apply(
        model, layers, _level, _execution.IntraOpNumThreads ?? Environment.ProcessorCount, _packs.Handle);

    private static string Key(IEnumerable<SparseLayer> sparse) => string.Join('\n', sparse.Select(layer => layer.Name));

    private sealed record Choice(HeldSession Session, IReadOnlyList<ElsaLayerExecution> Layers);
}
