using System.Diagnostics;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>How many times faster than by ONNX Runtime's dense kernels alone a network's levels score.</summary>
/// <param name="network">The network.</param>
/// <param name="required">The least speed-up of s90; null where nothing is required.</param>
sealed class NetworkSpeed(NetworkCase network, double? required) : ICheck
{
    // A round of turns scores all rows six times.
    const int ScoresOfARound = 6, LeastRounds = 5;

    public string Name => $"{network.Name}, over ONNX Runtime's dense kernels";

    public string Required => required is null ? "" : NetworkCase.Text($"s90 at least {required}x");

    public Reading Measure(bool full)
    {
        using var opened = new SparseNetwork(network);
        var rounds = Rounds(opened, full);
        var (texts, reached) = (new List<string>(), true);
        for (var level = 0; level <= SparseNetwork.Sparsities.Length; level++)
        {
            using var fast = opened.Fast.WithLevel(level);
            var ratios = TurnTaking.Ratios(() => opened.Score(opened.Dense), () => opened.Score(fast), rounds);
            texts.Add(NetworkCase.Text(
                $"{opened.Parent.Levels[level].Name}: {ratios.Median:0.00}x ({ratios.Smallest:0.0} to {ratios.Largest:0.0}; {Kernels(fast.Execution)})"));
            reached &= level != 2 || required is not { } least || ratios.Median >= least;
        }
        var measured = string.Join("; ", texts);
        return required is null ? Reading.ForInformation(measured) : Reading.Of(measured, reached);
    }

    /// <summary>How many layers which kernels run.</summary>
    public static string Kernels(IReadOnlyList<ElsaLayerExecution> layers) => string.Join(", ", layers
        .GroupBy(layer => layer.Kernel).OrderBy(group => group.Key).Select(group => $"{group.Count()} {group.Key}")
        .DefaultIfEmpty("all OnnxRuntime"));

    /// <summary>As many rounds as take some seconds, so that a slow network does not take minutes.</summary>
    static int Rounds(SparseNetwork opened, bool full)
    {
        opened.Score(opened.Dense);
        var clock = Stopwatch.StartNew();
        opened.Score(opened.Dense);
        var (seconds, most) = full ? (40, 61) : (8, 15);
        return Math.Clamp((int)(seconds / (ScoresOfARound * clock.Elapsed.TotalSeconds)), LeastRounds, most);
    }
}
