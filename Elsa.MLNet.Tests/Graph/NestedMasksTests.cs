using CsCheck;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class NestedMasksTests
{
    static readonly Gen<(byte[][] Maps, int LevelCount)> AnyMaps =
        from levelCount in Gen.Int[1, 6]
        from maps in Gen.Byte[0, (byte)(levelCount - 1)].Array[0, 100].Array[1, 5]
        select (maps, levelCount);

    [TestMethod]
    public void Masks_taken_out_and_put_together_again_give_the_same_maps() => AnyMaps.Sample(given =>
    {
        var masks = Make(given.Maps, given.LevelCount);
        var again = NestedMasks.From(masks.TensorNames.Select(name => (name, masks[name].Shape,
            (IReadOnlyList<Mask>)[.. Enumerable.Range(1, given.LevelCount - 1).Select(masks[name].MaskAt)])));
        return again.TensorNames.SequenceEqual(masks.TensorNames) && masks.TensorNames.All(name => again[name].Equals(masks[name]));
    });

    [TestMethod]
    public void Counts_are_sums_over_the_tensors() => AnyMaps.Sample(given =>
    {
        var masks = Make(given.Maps, given.LevelCount);
        return masks.WeightCount == given.Maps.Sum(map => map.Length) && masks.Sparsity(0) == 0
            && Enumerable.Range(0, given.LevelCount).All(level =>
                masks.KeptCount(level) == given.Maps.Sum(map => map.Count(value => value >= level)));
    });

    [TestMethod]
    public void A_mask_that_keeps_what_a_denser_one_drops_is_refused() => Refusal.Of<ArgumentException>(
        () => NestedMasks.From([("w", [3], [Mask.From([true, false, false]), Mask.From([true, true, true])])]),
        "Mask of 'w' at level 2 keeps 2 weights that level 1 drops. Levels must nest: order them from densest to sparsest");

    [TestMethod]
    public void A_mask_of_another_length_is_refused() => Refusal.Of<ArgumentException>(
        () => NestedMasks.From([("w", [2, 2], [Mask.From([true])])]),
        "Mask of 'w' at level 1 has 1 weights; its shape [2,2] has 4.");

    [TestMethod]
    public void Different_numbers_of_levels_are_refused() => Refusal.Of<ArgumentException>(
        () => _ = new NestedMasks([Map("a", [0], 2), Map("b", [0], 3)]),
        "Tensor 'b' has 3 levels and 'a' has 2; all tensors must have the same levels.");

    [TestMethod]
    public void A_tensor_given_twice_is_refused() => Refusal.Of<ArgumentException>(
        () => _ = new NestedMasks([Map("a", [0], 2), Map("a", [0], 2)]), "Tensor 'a' is given twice; give one level map per tensor.");

    [TestMethod]
    public void No_tensor_at_all_is_refused() => Refusal.Of<ArgumentException>(
        () => _ = new NestedMasks([]), "No tensor is given; nested masks need at least one.");

    [TestMethod]
    public void A_tensor_without_a_mask_is_answered_with_those_that_have_one()
    {
        var masks = new NestedMasks([Map("a", [0], 2), Map("b", [0], 2)]);
        Refusal.Of<KeyNotFoundException>(() => _ = masks["c"], "Tensor 'c' has no mask; maskable are: a, b.");
        Assert.IsFalse(masks.TryGet("c", out _));
        Assert.IsTrue(masks.TryGet("b", out _));
    }

    static NestedMasks Make(byte[][] maps, int levelCount) =>
        new(maps.Select((levels, index) => Map($"w{index}", levels, levelCount)));

    static KeyValuePair<string, LevelMap> Map(string name, byte[] levels, int levelCount) =>
        KeyValuePair.Create(name, new LevelMap([levels.Length], levels, levelCount));
}
