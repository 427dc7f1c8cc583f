using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Benchmarks.Parents;

/// <summary>Masks that magnitude does not explain: in each tensor the same levels at random positions.</summary>
static class ShuffledMasks
{
    public static NestedMasks Of(NestedMasks masks)
    {
        var random = new Random(3);
        return new NestedMasks(masks.TensorNames.Select(name =>
        {
            var levels = masks[name].Levels.ToArray();
            random.Shuffle(levels);
            return KeyValuePair.Create(name, new LevelMap([.. masks[name].Shape], levels, masks.LevelCount));
        }).ToList());
    }
}
