using CsCheck;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class LevelMapTests
{
    static readonly Gen<(byte[] Levels, int LevelCount)> AnyMap =
        from levelCount in Gen.Int[1, LevelMap.MaximumLevelCount]
        from levels in Gen.Byte[0, (byte)(levelCount - 1)].Array[0, 300]
        select (levels, levelCount);

    [TestMethod]
    public void Masks_of_a_map_nest_and_count_what_they_keep() => AnyMap.Sample(given =>
    {
        var map = new LevelMap([given.Levels.Length], given.Levels, given.LevelCount);
        for (var level = 0; level < given.LevelCount; level++)
        {
            var mask = map.MaskAt(level);
            if (mask.KeptCount != map.KeptCount(level) || mask.KeptCount != given.Levels.Count(value => value >= level)) return false;
            if (level > 0 && !mask.IsSubsetOf(map.MaskAt(level - 1))) return false;
        }
        return map.KeptCount(0) == map.Length;
    });

    [TestMethod]
    public void Maps_are_equal_when_shape_levels_and_values_are() => AnyMap.Sample(given =>
    {
        var map = new LevelMap([given.Levels.Length], given.Levels, given.LevelCount);
        var again = new LevelMap([given.Levels.Length], given.Levels, given.LevelCount);
        var otherShape = new LevelMap([1, given.Levels.Length], given.Levels, given.LevelCount);
        return map.Equals((object)again) && map.GetHashCode() == again.GetHashCode() && !map.Equals(otherShape) && !map.Equals(null);
    });

    [TestMethod]
    public void A_map_keeps_its_values_when_the_callers_change()
    {
        byte[] levels = [0, 1];
        var map = new LevelMap([2], levels, 2);
        levels[0] = 1;
        Assert.AreEqual(0, map.Levels[0]);
    }

    [TestMethod]
    public void A_shape_that_does_not_fit_is_refused() => Refusal.Of<ArgumentException>(
        () => _ = new LevelMap([2, 3], new byte[5], 2),
        "The shape [2,3] has 6 weights, but 5 values were given; give one value per weight.");

    [TestMethod]
    public void A_level_beyond_the_sparsest_is_refused() => Refusal.Of<ArgumentException>(
        () => _ = new LevelMap([3], [0, 2, 2], 2), "2 weights name level 2, but the sparsest level is 1.");

    [TestMethod]
    [DataRow(0)]
    [DataRow(65)]
    public void A_number_of_levels_out_of_range_is_refused(int levelCount) => Refusal.Of<ArgumentOutOfRangeException>(
        () => _ = new LevelMap([1], [0], levelCount), "A parent holds 1 to 64 levels, the dense one included.");

    [TestMethod]
    public void A_shape_with_a_negative_dimension_is_refused() => Refusal.Of<ArgumentException>(
        () => _ = new LevelMap([-2, -2], new byte[4], 1), "[-2,-2]", "0 or more");

    [TestMethod]
    [DataRow(-1)]
    [DataRow(2)]
    public void A_level_that_is_not_there_is_refused(int level)
    {
        var map = new LevelMap([2], [0, 1], 2);
        Refusal.Of<ArgumentOutOfRangeException>(() => map.MaskAt(level), "Levels are 0 (dense) to 1.");
        Refusal.Of<ArgumentOutOfRangeException>(() => map.KeptCount(level), "Levels are 0 (dense) to 1.");
    }
}
