using System.Runtime.InteropServices;
using CsCheck;
using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Parent;

[TestClass]
public sealed class LevelMapCodecTests
{
    static readonly Gen<(float[] Weights, byte[] Levels, int LevelCount)> AnyMap =
        from levelCount in Gen.Int[1, 8]
        from length in Gen.Int[0, 3000]
        from weights in Gen.Float.Array[length]
        from levels in Gen.Byte[0, (byte)(levelCount - 1)].Array[length]
        select (weights, levels, levelCount);

    [TestMethod]
    public void Any_map_comes_back_from_its_code() => AnyMap.Sample(given =>
    {
        var (map, keys) = MapOf(given.Weights, given.Levels, given.LevelCount);
        return Decode(LevelMapCodec.Encode(map, keys), keys, map).Equals(map)
            && Decode(LevelMapCodec.EncodeEntropy(map, keys), keys, map).Equals(map);
    }, iter: 2000);

    [TestMethod]
    public void A_map_of_thresholds_costs_twelve_bytes_a_level_however_many_weights_tie() =>
        (from ties in Gen.Int[1, 50]
         from weights in Gen.Int[-3, 3].Select(value => value / 2f).Array[1, 5000]
         from share in Gen.Double[0, 1].Array[1, 6]
         select (weights, share)).Sample(given =>
         {
             var order = Enumerable.Range(0, given.weights.Length).OrderByDescending(i => MathF.Abs(given.weights[i])).ToArray();
             var levels = new byte[given.weights.Length];
             foreach (var share in given.share)
                 foreach (var kept in order.Take((int)(share * order.Length))) levels[kept]++;
             var (map, keys) = MapOf(given.weights, levels, given.share.Length + 1);
             var code = LevelMapCodec.Encode(map, keys);
             return code.Length == 1 + 12 * given.share.Length && Decode(code, keys, map).Equals(map);
         }, iter: 500);

    [TestMethod]
    [DataRow(0.5, 0.8, 0.9, 0.95)]
    [DataRow(0.02, 0.5, 0.98, 0.99)]
    public void Entropy_coding_stays_within_half_a_percent_of_the_entropy_of_a_random_map(params double[] sparsities)
    {
        var random = new Random(1);
        var weights = new float[400_000];
        var levels = new byte[weights.Length];
        for (var index = 0; index < weights.Length; index++)
        {
            weights[index] = random.NextSingle() - 0.5f;
            var draw = random.NextDouble();
            levels[index] = (byte)sparsities.Count(sparsity => draw >= sparsity);
        }
        var (map, keys) = MapOf(weights, levels, sparsities.Length + 1);
        var code = LevelMapCodec.EncodeEntropy(map, keys);
        var entropy = levels.CountBy(level => level).Sum(group => -group.Value * Math.Log2((double)group.Value / levels.Length)) / 8;
        Assert.IsLessThan(1.005 * entropy, code.Length);
        Assert.IsGreaterThan(0.995 * entropy, code.Length, "a random map cannot cost less than its entropy");
    }

    [TestMethod]
    public void Cut_or_lengthened_codes_are_refused()
    {
        var random = new Random(2);
        var levels = new byte[1000];
        random.NextBytes(levels);
        foreach (ref var level in levels.AsSpan()) level &= 3;
        var (map, keys) = MapOf(new float[1000], levels, 4);
        var code = LevelMapCodec.EncodeEntropy(map, keys);
        foreach (var bad in new[] { code[..(code.Length - 8)], [.. code, .. new byte[8]], [], [2], [0, 1, 2], code[..1] })
            Assert.ThrowsExactly<InvalidDataException>(() => Decode(bad, keys, map));
    }

    [TestMethod]
    public void Thresholds_that_do_not_nest_are_refused()
    {
        var (map, keys) = MapOf([1, 2, 3, 4], [0, 1, 1, 2], 3);
        var code = LevelMapCodec.Encode(map, keys);
        Assert.AreEqual(0, code[0]);
        byte[] swapped = [0, .. code[13..25], .. code[1..13]];
        var error = Assert.ThrowsExactly<InvalidDataException>(() => Decode(swapped, keys, map));
        StringAssert.Contains(error.Message, "levels must nest");
    }

    static (LevelMap Map, WeightKeys Keys) MapOf(float[] weights, byte[] levels, int levelCount) =>
        (new LevelMap([weights.Length], levels, levelCount),
        new WeightKeys(MemoryMarshal.AsBytes(weights.AsSpan()).ToArray(), (int)DataType.Float));

    static LevelMap Decode(byte[] code, WeightKeys keys, LevelMap like) =>
        LevelMapCodec.Decode(code, keys, [.. like.Shape], (int)like.Length, like.LevelCount);
}
