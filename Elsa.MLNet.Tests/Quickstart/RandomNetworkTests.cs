using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Quickstart.Network;

namespace Elsa.MLNet.Tests.Quickstart;

[TestClass]
public sealed class RandomNetworkTests
{
    [TestMethod]
    [DataRow(1, 28, 28, 10)]
    [DataRow(3, 32, 16, 5)]
    public void It_scores_batches_of_any_size_with_finite_numbers(int channels, int height, int width, int classes)
    {
        var model = RandomNetwork.Create(channels, height, width, classes, 1);
        using var session = new InferenceSession(model.ToByteArray());
        foreach (var rows in (int[])[1, 3])
        {
            var random = new Random(2);
            var values = new float[rows * channels * height * width];
            foreach (ref var value in values.AsSpan()) value = random.NextSingle();
            using var input = OrtValue.CreateTensorValueFromMemory(values, [rows, channels, height, width]);
            using var outputs = session.Run(new RunOptions(), ["image"], [input], ["scores"]);
            var scores = outputs[0].GetTensorDataAsSpan<float>().ToArray();
            Assert.HasCount(rows * classes, scores);
            Assert.IsTrue(scores.All(float.IsFinite));
            Assert.HasCount(scores.Length, scores.Distinct());
        }
    }

    [TestMethod]
    public void Weights_have_the_deviation_of_He_and_biases_are_zero()
    {
        var sizes = new Dictionary<string, int>();
        foreach (var tensor in RandomNetwork.Create(1, 28, 28, 10, 1).Graph.Initializer)
        {
            var values = MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray();
            sizes[tensor.Name] = values.Length;
            if (tensor.Name.EndsWith(".bias", StringComparison.Ordinal))
            {
                Assert.IsTrue(values.All(value => value == 0));
                continue;
            }
            var deviation = Math.Sqrt(2.0 * tensor.Dims[0] / values.Length);
            var found = Math.Sqrt(values.Average(value => (double)value * value));
            // A uniform sample's deviation is off by 0.45 / sqrt(n) of itself; four of those.
            Assert.AreEqual(1, found / deviation, 1.8 / Math.Sqrt(values.Length), tensor.Name);
        }
        Assert.AreEqual(103_018, sizes.Values.Sum());
        Assert.AreEqual(100_352, sizes["hidden.weight"]);
    }

    [TestMethod]
    public void The_seed_alone_decides_the_weights()
    {
        Assert.AreEqual(RandomNetwork.Create(1, 8, 8, 3, 4), RandomNetwork.Create(1, 8, 8, 3, 4));
        Assert.AreNotEqual(RandomNetwork.Create(1, 8, 8, 3, 4), RandomNetwork.Create(1, 8, 8, 3, 5));
    }

    [TestMethod]
    public void Sizes_that_cannot_be_halved_twice_are_refused() => StringAssert.StartsWith(
        Assert.ThrowsExactly<ArgumentException>(() => RandomNetwork.Create(1, 28, 30, 10, 1)).Message,
        "Pictures are 28 x 30 pixels. The network halves both twice: give multiples of 4.");
}
