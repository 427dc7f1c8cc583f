using CsCheck;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class MaskTests
{
    static readonly Gen<(bool[] A, bool[] B)> Pairs =
        from length in Gen.Int[0, 200]
        from a in Gen.Bool.Array[length]
        from b in Gen.Bool.Array[length]
        select (a, b);

    [TestMethod]
    public void A_mask_says_of_every_weight_what_it_was_made_of() => Gen.Bool.Array[0, 300].Sample(kept =>
    {
        var mask = Mask.From(kept);
        return mask.Length == kept.Length && mask.KeptCount == kept.Count(value => value)
            && Enumerable.Range(0, kept.Length).All(position => mask[position] == kept[position])
            && mask.Sparsity == (kept.Length == 0 ? 0 : 1 - (double)mask.KeptCount / kept.Length);
    });

    [TestMethod]
    public void Subset_and_what_lies_outside_agree_with_counting() => Pairs.Sample(given =>
    {
        var (a, b) = (Mask.From(given.A), Mask.From(given.B));
        var outside = given.A.Zip(given.B).Count(pair => pair.First && !pair.Second);
        var both = Mask.From([.. given.A.Zip(given.B, (first, second) => first && second)]);
        return a.CountOutside(b) == outside && a.IsSubsetOf(b) == (outside == 0)
            && a.IsSubsetOf(a) && both.IsSubsetOf(a) && both.IsSubsetOf(b);
    });

    [TestMethod]
    public void Masks_that_keep_the_same_are_equal_and_hash_alike() => Pairs.Sample(given =>
    {
        var (a, again, b) = (Mask.From(given.A), Mask.From(given.A), Mask.From(given.B));
        return a.Equals((object)again) && a.GetHashCode() == again.GetHashCode()
            && a.Equals(b) == given.A.AsSpan().SequenceEqual(given.B) && !a.Equals(null);
    });

    [TestMethod]
    public void Masks_of_different_length_cannot_be_compared() => Refusal.Of<ArgumentException>(
        () => Mask.From([true, false]).IsSubsetOf(Mask.From([true])),
        "The masks have 2 and 1 weights; only masks of the same tensor can be compared.");

    [TestMethod]
    [DataRow(-1)]
    [DataRow(3)]
    public void There_is_nothing_outside_a_mask(long position) => Refusal.Of<ArgumentOutOfRangeException>(
        () => _ = Mask.From([true, false, true])[position], "position");
}
