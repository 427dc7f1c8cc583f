using Elsa.MLNet.Onnx;
using Elsa.MLNet.Training;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Which weights a level keeps.</summary>
[TestClass]
public sealed class MaskChoiceTests
{
    static readonly ParameterVector Layout = SmallParameters.Layout(("a", [10, 7]), ("b", [13]), ("c", [5, 4]));

    [TestMethod]
    [DataRow(0.5)]
    [DataRow(0.8)]
    [DataRow(0.333)]
    public void A_global_choice_keeps_exactly_the_share_of_all(double sparsity)
    {
        var weights = SmallParameters.Values(Layout.Length);
        var kept = Choose(ElsaAllocation.Global, weights, Network(), 1, sparsity);
        var count = Layout.Length - (int)Math.Round(sparsity * Layout.Length, MidpointRounding.ToEven);
        Assert.AreEqual(count, kept.Count(keep => keep));
        var threshold = weights.Select(Math.Abs).OrderDescending().ElementAt(count - 1);
        for (var index = 0; index < weights.Length; index++)
            Assert.AreEqual(Math.Abs(weights[index]) >= threshold, kept[index]);
    }

    [TestMethod]
    [DataRow(0.5)]
    [DataRow(0.8)]
    public void A_uniform_choice_keeps_exactly_the_share_of_every_tensor(double sparsity)
    {
        var kept = Choose(ElsaAllocation.Uniform, SmallParameters.Values(Layout.Length), Network(), 1, sparsity);
        foreach (var part in Layout.Parts)
            Assert.AreEqual(part.Count - (int)Math.Round(sparsity * part.Count, MidpointRounding.ToEven),
                part.Of(kept).ToArray().Count(keep => keep), part.Name);
    }

    [TestMethod]
    public void Frozen_weights_are_kept_however_small_and_count()
    {
        foreach (var allocation in (ElsaAllocation[])[ElsaAllocation.Global, ElsaAllocation.Uniform])
        {
            var weights = SmallParameters.Values(Layout.Length);
            var network = Network();
            // A fifth of every tensor, and the smallest weights there are.
            for (var index = 0; index < weights.Length; index += 5) (network.LevelMap[index], weights[index]) = (2, 0);
            var kept = Choose(allocation, weights, network, 1, 0.7);
            for (var index = 0; index < weights.Length; index += 5) Assert.IsTrue(kept[index], $"{allocation.Name}, {index}");
            var expected = allocation == ElsaAllocation.Global
                ? Layout.Length - (int)Math.Round(0.7 * Layout.Length, MidpointRounding.ToEven)
                : Layout.Parts.Sum(part => part.Count - (int)Math.Round(0.7 * part.Count, MidpointRounding.ToEven));
            Assert.AreEqual(expected, kept.Count(keep => keep));
        }
    }

    [TestMethod]
    public void Frozen_weights_are_kept_against_the_highest_scores_there_are()
    {
        var network = Network();
        network.LevelMap.AsSpan(^20..).Fill(2);
        var importance = ElsaImportance.From("highest", (_, _, scores) => scores.Fill(float.MaxValue));
        var kept = new bool[Layout.Length];
        new MaskChoice(SmallParameters.Tensors(Layout), Layout, importance, ElsaAllocation.Global, null)
            .Choose(SmallParameters.Values(Layout.Length), network, 1, 1 - 20.0 / Layout.Length, kept);
        Assert.AreEqual(20, kept.Count(keep => keep));
        Assert.IsFalse(kept.AsSpan(^20..).Contains(false));
    }

    [TestMethod]
    public void What_this_level_itself_keeps_is_not_frozen()
    {
        var network = Network();
        network.LevelMap.AsSpan().Fill(1);
        var weights = SmallParameters.Values(Layout.Length);
        Assert.AreSequenceEqual(Choose(ElsaAllocation.Global, weights, Network(), 1, 0.5),
            Choose(ElsaAllocation.Global, weights, network, 1, 0.5));
    }

    [TestMethod]
    public void No_sparsity_keeps_all() =>
        Assert.DoesNotContain(false, Choose(ElsaAllocation.Global, SmallParameters.Values(Layout.Length), Network(), 0, 0));

    [TestMethod]
    public void Given_masks_are_taken_at_every_level_as_they_are()
    {
        var random = new Random(3);
        var masks = new NestedMasks(Layout.Parts.Select(part => KeyValuePair.Create(part.Name,
            new LevelMap(part.Shape, Enumerable.Range(0, part.Count).Select(_ => (byte)random.Next(3)).ToArray(), 3))));
        for (var level = 1; level < 3; level++)
        {
            var kept = Choose(ElsaAllocation.Global, SmallParameters.Values(Layout.Length), Network(), level, 0.1,
                masks);
            foreach (var part in Layout.Parts)
                for (var index = 0; index < part.Count; index++)
                    Assert.AreEqual(masks[part.Name].MaskAt(level)[index], kept[part.Offset + index]);
        }
    }

    static TrainedNetwork Network() => new(3, new float[Layout.Length], [], []);

    static bool[] Choose(ElsaAllocation allocation, float[] weights, TrainedNetwork network, int level,
        double sparsity, NestedMasks? given = null)
    {
        // What was kept before does not matter.
        var kept = new bool[weights.Length];
        kept.AsSpan(0, weights.Length / 2).Fill(true);
        new MaskChoice(SmallParameters.Tensors(Layout), Layout, ElsaImportance.Magnitude, allocation, given)
            .Choose(weights, network, level, sparsity, kept);
        return kept;
    }
}
