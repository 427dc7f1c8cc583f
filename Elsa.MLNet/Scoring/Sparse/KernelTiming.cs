using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>
/// The rule of <see cref="ElsaKernelChoice.Measured"/>: all layers dense, those sparse that are clearly faster so
/// alone, or all sparse. The network runs as it is fastest; dense unless another way is clearly faster, twice.
/// </summary>
/// <param name="execution">Threads.</param>
/// <param name="sparse">Makes layers of a model sparse.</param>
/// <param name="session">The network's session in which layers are sparse.</param>
internal sealed class KernelTiming(
    ElsaExecutionOptions execution, Func<ModelProto, IReadOnlyCollection<SparseLayer>, ModelProto> sparse,
    Func<IReadOnlyCollection<SparseLayer>, HeldSession> session)
{
    /// <summary>How many times faster is clearly faster: more than what two series of the same differ by.</summary>
    public const double Clearly = 1.05;

    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(200);

    /// <summary>Times layers alone, then the network.</summary>
    /// <param name="model">The level.</param>
    /// <param name="able">Layers that can be sparse; at least one.</param>
    /// <param name="shapes">Shapes of a layer's values; null if they are not known.</param>
    /// <param name="run">A run of the network.</param>
    public KernelTimes Choose(
        ModelProto model, IReadOnlyList<SparseLayer> able,
        Func<SparseLayer, IReadOnlyDictionary<string, long[]>?> shapes, LevelRun run)
    {
        var timings = new Dictionary<string, LayerTimes>(StringComparer.Ordinal);
        var mix = new List<SparseLayer>();
        foreach (var layer in able)
        {
            if (shapes(layer) is not { } sizes)
            {
                mix.Add(layer);
                continue;
            }
            var turns = LayerTiming.Measure(
                model, layer, sizes, (alone, found) => sparse(alone, [found]), execution, Budget / able.Count);
            timings[layer.Name] = turns.Times;
            if (turns.SpeedUp >= Clearly)
                mix.Add(layer);
        }
        var candidates = new List<(string Name, IReadOnlyList<SparseLayer> Layers)> { ("dense", []) };
        if (mix.Count > 0 && mix.Count < able.Count)
            candidates.Add(("layers by their own times", mix));
        candidates.Add(("all sparse", able));
        var times = Time(candidates.Select(candidate => candidate.Layers), run);
        var best = Enumerable.Range(0, candidates.Count).MaxBy(i => times[i].SpeedUp);
        string network = string.Join(", ", candidates.Select((candidate, i) =>
            FormattableString.Invariant($"{candidate.Name} {times[i].Microseconds:0} us")));
        // The fastest of several is partly the luckiest: it has to show it again.
        bool isFaster = times[best].SpeedUp >= Clearly
            && Time([[], candidates[best].Layers], run)[1].SpeedUp >= Clearly;
        return new KernelTimes(isFaster ? candidates[best].Layers : [], timings, network);
    }

    private IReadOnlyList<Turns> Time(IEnumerable<IReadOnlyList<SparseLayer>> candidates, LevelRun run)
    {
        var sessions = candidates.Select(session).ToList();
        return Alternation.Time(
            Budget, [.. sessions.Select<HeldSession, Action>(held => () => run.On(held.Session).Dispose())]);
    }
}

/// <summary>What was timed and what is to run sparse.</summary>
/// <param name="Chosen">Layers that are to run sparse.</param>
/// <param name="Timings">Times of layers alone.</param>
/// <param name="Network">Times of the network, for a person to read.</param>
internal sealed record KernelTimes(
    IReadOnlyList<SparseLayer> Chosen, IReadOnlyDictionary<string, LayerTimes> Timings, string Network);
