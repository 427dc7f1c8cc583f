using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Benchmarks.Parents;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>
/// Bytes of entropy-coded level maps over their entropy: that of the share of each level in each tensor. Random masks
/// count, because no coding can be shorter for them; magnitude masks are shown too.
/// </summary>
sealed class EntropyCodingCost : ICheck
{
    const double Most = 1.05;

    public string Name => "size: entropy-coded level maps over their entropy";

    public string Required => $"at most {Most:0.00} for every model over 1 MB";

    public Reading Measure(bool full)
    {
        var costs = LargeModel.All().Select(model => (
            model.Name,
            Random: Cost(model, ShuffledMasks.Of(model.Masks)),
            Magnitude: Cost(model, model.Masks))).ToList();
        var worst = costs.MaxBy(cost => cost.Random);
        var worstMagnitude = costs.MaxBy(cost => cost.Magnitude);
        return Reading.Of(
            $"random masks {worst.Random:0.000} ({worst.Name}, worst of {costs.Count}); " +
            $"magnitude masks {worstMagnitude.Magnitude:0.000} ({worstMagnitude.Name})",
            Math.Max(worst.Random, worstMagnitude.Magnitude) <= Most);
    }

    static double Cost(LargeModel model, NestedMasks masks)
    {
        var (coded, entropy) = (0L, 0.0);
        foreach (var name in masks.TensorNames)
        {
            model.Model.Tensors.TryGet(name, out var tensor);
            var keys = new WeightKeys(model.Model.Weights(name), tensor!.DataType);
            coded += LevelMapCodec.EncodeEntropy(masks[name], keys).Length;
            entropy += EntropyBytes(masks[name]);
        }
        return coded / entropy;
    }

    static double EntropyBytes(LevelMap map)
    {
        var bits = 0.0;
        for (var level = 0; level < map.LevelCount; level++)
        {
            var count = map.KeptCount(level) - (level + 1 < map.LevelCount ? map.KeptCount(level + 1) : 0);
            if (count > 0) bits -= count * Math.Log2((double)count / map.Length);
        }
        return bits / 8;
    }
}
