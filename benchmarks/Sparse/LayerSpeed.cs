using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>How many times faster than ONNX Runtime's dense kernel one layer's levels run.</summary>
/// <param name="title">The layer.</param>
/// <param name="make">Makes it for a number of threads.</param>
/// <param name="threads">Threads.</param>
/// <param name="required">The least speed-up for 80, 90, 95 and 98 %; null where nothing is required.</param>
/// <param name="set">Instructions of our kernel; null for the widest.</param>
sealed class LayerSpeed(string title, Func<int, LayerUnderTest> make, int threads, double?[] required, InstructionSet? set = null) : ICheck
{
    public string Name => $"{title}, {threads} thread{(threads == 1 ? "" : "s")}{(set is null ? "" : $", {set} only")}";

    public string Required => required.All(least => least is null) ? "" : "at least " + string.Join(", ",
        LayerUnderTest.Sparsities.Zip(required).Where(pair => pair.Second is not null).Select(pair => Text($"{pair.Second:0.0#}x at {100 * pair.First:0} %")));

    public Reading Measure(bool full)
    {
        if (set > InstructionSets.Widest) return new Reading($"skipped: this processor has no {set}", Verdict.Skipped);
        using var layer = make(threads);
        var (texts, reached) = (new List<string>(), true);
        for (var level = 1; level <= LayerUnderTest.Sparsities.Length; level++)
        {
            using var sparse = layer.Sparse(level, set ?? InstructionSets.Widest);
            var ratios = TurnTaking.Ratios(layer.Dense, () => layer.Run(sparse), full ? 61 : 15);
            texts.Add(Text($"{100 * LayerUnderTest.Sparsities[level - 1]:0} %: {ratios.Median:0.0}x ({ratios.Smallest:0.0} to {ratios.Largest:0.0})"));
            reached &= required[level - 1] is not { } least || ratios.Median >= least;
        }
        var measured = string.Join("; ", texts);
        return required.All(least => least is null) ? Reading.ForInformation(measured) : Reading.Of(measured, reached);
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
