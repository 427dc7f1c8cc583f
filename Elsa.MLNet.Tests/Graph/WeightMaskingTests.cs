using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class WeightMaskingTests
{
    [TestMethod]
    [DataRow(1, DisplayName = "8 bits")]
    [DataRow(2, DisplayName = "float16, bfloat16")]
    [DataRow(4, DisplayName = "float32")]
    [DataRow(8, DisplayName = "float64")]
    public void Every_length_is_masked_as_weight_by_weight_and_kept_bits_do_not_change(int size)
    {
        var random = new Random(size);
        for (var length = 0; length <= 300; length++)
        {
            var weights = new byte[length * size];
            random.NextBytes(weights);
            var levels = new byte[length];
            for (var position = 0; position < length; position++) levels[position] = (byte)random.Next(LevelMap.MaximumLevelCount);
            foreach (var level in (int[])[0, 1, 20, 63])
            {
                var expected = new byte[weights.Length];
                for (var position = 0; position < length; position++)
                    if (levels[position] >= level)
                        weights.AsSpan(position * size, size).CopyTo(expected.AsSpan(position * size));
                var actual = new byte[weights.Length + 1];
                actual[^1] = 99;
                WeightMasking.Apply(weights, levels, level, size, actual);
                Assert.IsTrue(expected.AsSpan().SequenceEqual(actual.AsSpan(..^1)), $"{length} weights at level {level}");
                Assert.AreEqual(99, actual[^1], "nothing is written behind the weights");

                var inPlace = (byte[])weights.Clone();
                WeightMasking.Apply(inPlace, levels, level, size, inPlace);
                Assert.IsTrue(expected.AsSpan().SequenceEqual(inPlace), "in place");
            }
        }
    }

    [TestMethod]
    public void Levels_that_do_not_fit_are_refused() => Refusal.Of<ArgumentException>(
        () => WeightMasking.Apply(new byte[8], new byte[3], 1, 4, new byte[8]), "3 levels do not fit 8 bytes of weights of 4 bytes");

    [TestMethod]
    public void Elements_of_an_odd_size_are_refused() => Refusal.Of<ArgumentOutOfRangeException>(
        () => WeightMasking.Apply(new byte[6], new byte[2], 1, 3, new byte[6]), "Elements have 1, 2, 4 or 8 bytes.");
}
