using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Benchmarks.Parents;

/// <summary>
/// Nested masks that drop the weights of least magnitude over all tensors together; among equals the later ones.
/// </summary>
static class GlobalMagnitude
{
    /// <summary>The sparse levels that the checks use.</summary>
    public static IReadOnlyList<double> Sparsities { get; } = [0.5, 0.8, 0.9, 0.95];

    /// <summary>Index of the level with 90 % sparsity.</summary>
    public const int S90 = 3;

    public static NestedMasks Masks(MaskableModel model)
    {
        var keys = model.Report.Maskable.Select(tensor => KeysOf(model, tensor)).ToList();
        uint[] sorted = [.. keys.SelectMany(tensor => tensor)];
        Array.Sort(sorted);
        var levels = keys.Select(tensor => new byte[tensor.Length]).ToList();
        foreach (var sparsity in Sparsities) Raise(levels, keys, sorted, (int)Math.Round(sparsity * sorted.Length));
        return new NestedMasks(model.Report.Maskable.Zip(levels, (tensor, map) => KeyValuePair.Create(
            tensor.Name, new LevelMap([.. tensor.Shape], map, Sparsities.Count + 1))));
    }

    public static ParentModel Parent(MaskableModel model, NestedMasks masks) =>
        ParentModel.Create(model, new ParentContent
        {
            Masks = masks,
            LevelNames = [.. Sparsities.Select(ElsaLevel.NameOf)],
            Fit = new ElsaFit { Method = "post-training", Importance = "magnitude", Allocation = "global" },
        });

    static uint[] KeysOf(MaskableModel model, MaskableTensor tensor)
    {
        model.Tensors.TryGet(tensor.Name, out var weights);
        var keys = new uint[tensor.WeightCount];
        new WeightKeys(model.Weights(tensor.Name), weights!.DataType).Fill(0, keys, keys.Length);
        return keys;
    }

    /// <summary>Raises the level of all weights but the <paramref name="dropped"/> smallest.</summary>
    static void Raise(List<byte[]> levels, List<uint[]> keys, uint[] sorted, int dropped)
    {
        if (dropped == sorted.Length) return;
        var threshold = sorted[dropped];
        var ties = sorted.AsSpan(dropped).LastIndexOf(threshold) + 1;
        for (var tensor = 0; tensor < levels.Count; tensor++)
            for (var position = 0; position < levels[tensor].Length; position++)
                if (keys[tensor][position] > threshold || (keys[tensor][position] == threshold && ties-- > 0))
                    levels[tensor][position]++;
    }
}
