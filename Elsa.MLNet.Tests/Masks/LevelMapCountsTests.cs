using CsCheck;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Tests.Masks;

[TestClass]
public sealed class LevelMapCountsTests
{
    const int SeveralPieces = 50_000;

    [TestMethod]
    public void Kept_counts_are_those_of_counting_one_weight_after_the_other() =>
        (from levelCount in Gen.Int[1, LevelMap.MaximumLevelCount]
         from length in Gen.Int[0, SeveralPieces]
         from seed in Gen.Int
         select (levelCount, length, seed)).Sample(given =>
         {
             var random = new Random(given.seed);
             var levels = new byte[given.length];
             foreach (ref var level in levels.AsSpan()) level = (byte)random.Next(given.levelCount);
             var map = new LevelMap([given.length], levels, given.levelCount);
             return Enumerable.Range(0, given.levelCount)
                 .All(level => map.KeptCount(level) == levels.Count(value => value >= level));
         }, iter: 50);

    [TestMethod]
    [DataRow(3)]
    [DataRow(255)]
    public void A_level_that_does_not_exist_is_refused_with_the_number_of_its_weights(int outside)
    {
        var levels = new byte[SeveralPieces];
        levels[1] = levels[^1] = (byte)outside;
        var error = Assert.ThrowsExactly<ArgumentException>(() => new LevelMap([SeveralPieces], levels, 3));
        Assert.Contains($"2 weights name level {outside}, but the sparsest level is 2.", error.Message);
    }
}
