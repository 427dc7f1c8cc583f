using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>
/// The rule of <see cref="ElsaKernelChoice.Measured"/>: all layers by ONNX Runtime, those by other kernels that are clearly
/// faster so alone, or all sparse. The network runs as it is fastest; by ONNX Runtime alone unless another way is clearly
/// faster, twice.
/// </summary>
/// <param name="execution">Threads.</param>
/// <param name="level">The level.</param>
/// <param name="lower">Makes layers of a model run in their ways.</param>
/// <param name="session">The network's session in which layers run in their ways.</param>
internal sealed class KernelTiming(
    ElsaExecutionOptions execution, int level, Func<ModelProto, IReadOnlyCollection<MaskedLayer>, ModelProto> lower,
    Func<IReadOnlyCollection<MaskedLayer>, HeldSession> session)
{
    /// <summary>How many times faster is clearly faster: more than what two series of the same differ by.</summary>
    public const double Clearly = 1.05;

    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(200);

    /// <summary>Times layers alone, then the network.</summary>
    /// <param name="model">The level.</param>
    /// <param name="able">Layers with other ways than ONNX Runtime's; at least one.</param>
    /// <param name="shapes">Shapes of a layer's values; null if they are not known.</param>
    /// <param name="run">A run of the network.</param>
    public KernelTimes Choose(
        ModelProto model, IReadOnlyList<MaskedLayer> able,
        Func<MaskedLayer, IReadOnlyDictionary<string, long[]>?> shapes, LevelRun run)
    {
        var timings = new Dictionary<string, LayerTimes>(StringComparer.Ordinal);
        var mix = new List<MaskedLayer>();
        foreach (var layer in able)
        {
            if (shapes(layer) is not { } sizes)
            {
                mix.Add(layer.Ways(level).First());
                continue;
            }
            var ways = layer.Ways(level).ToList();
            (timings[layer.Name], var speedUps) = LayerTiming.Measure(
                model, ways, sizes, (alone, way) => lower(alone, [way]), execution, Budget / able.Count);
            int fastest = Enumerable.Range(0, ways.Count).MaxBy(i => speedUps[i]);
            if (speedUps[fastest] >= Clearly)
                mix.Add(ways[fastest]);
        }
        List<MaskedLayer> sparse = [.. able.Where(layer => level > 0 && layer.Reason is null)];
        var candidates = new List<(string Name, IReadOnlyList<MaskedLayer> Layers)> { ("dense", []) };
        if (mix.Count > 0 && !mix.SequenceEqual(sparse))
            candidates.Add(("layers by their own times", mix));
        if (sparse.Count > 0)
            candidates.Add(("all sparse", sparse));
        var times = Time(candidates.Select(candidate => candidate.Layers), run);
        var best = Enumerable.Range(0, candidates.Count).MaxBy(i => times[i].SpeedUp);
        string network = string.Join(", ", candidates.Select((candidate, i) =>
            FormattableString.Invariant($"{candidate.Name} {times[i].Microseconds:0} us")));
        // The fastest of several is partly the luckiest: it has to show it again.
        bool isFaster = times[best].SpeedUp >= Clearly
            && Time([[], candidates[best].Layers], run)[1].SpeedUp >= Clearly;
        return new KernelTimes(isFaster ? candidates[best].Layers : [], timings, network);
    }

    private IReadOnlyList<Turns> Time(IEnumerable<IReadOnlyList<MaskedLayer>> candidates, LevelRun run)
    {
        var sessions = candidates.Select(session).ToList();
        return Alternation.Time(
            Budget, [.. sessions.Select<HeldSession, Action>(held => () => run.On(held.Session).Dispose())]);
    }
}

/// <summary>What was timed and how layers are to run.</summary>
/// <param name="Chosen">Layers that our kernels are to run, in their ways.</param>
/// <param name="Timings">Times of layers alone.</param>
/// <param name="Network">Times of the network, for a person to read.</param>
internal sealed record KernelTimes(
    IReadOnlyList<MaskedLayer> Chosen, IReadOnlyDictionary<string, LayerTimes> Timings, string Network);
