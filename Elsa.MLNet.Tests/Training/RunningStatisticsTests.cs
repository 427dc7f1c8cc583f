using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Statistics of normalisation while training.</summary>
[TestClass]
public sealed class RunningStatisticsTests
{
    const int Rows = 4, Channels = 3, Side = 5;

    static readonly long[] Shape = [Rows, 2, Side, Side];

    [TestMethod]
    [DataRow(null)]
    [DataRow(0.75f)]
    public void Running_statistics_follow_PyTorch_s_formula(float? momentum)
    {
        using var step = Step(hasOperator: null, momentum: momentum);
        double[] expected = [.. step.Session.Statistics.ToArray().Select(value => (double)value)];
        var rate = 1 - (momentum ?? 0.9f);
        for (var number = 0; number < 3; number++)
        {
            var channels = Convolved(step.Session.Weights);
            for (var channel = 0; channel < Channels; channel++)
            {
                var mean = channels[channel].Average();
                var unbiased = channels[channel].Sum(value =>
                    (value - mean) * (value - mean)) / (channels[channel].Count - 1);
                expected[channel] = (1 - rate) * expected[channel] + rate * mean;
                expected[Channels + channel] = (1 - rate) * expected[Channels + channel] + rate * unbiased;
            }
            step.Session.Step(0.1f);
            for (var index = 0; index < expected.Length; index++)
                Assert.AreEqual(expected[index], step.Session.Statistics[index], 2e-5, $"statistic {index} behind step {number + 1}");
        }
    }

    [TestMethod]
    public void Frozen_statistics_normalise_and_do_not_move()
    {
        using var byBatch = Step(hasOperator: null);
        using var frozen = Step(hasOperator: null, frozenStatistics: ["mean", "variance"]);
        Assert.IsFalse(frozen.Session.Graph.UpdatesStatistics);
        Assert.AreSequenceEqual(["mean", "variance"], frozen.Session.Graph.Statistics.Parts.Select(part => part.Name));
        float[] before = [.. frozen.Session.Statistics], weights = [.. frozen.Session.Weights];
        var losses = new float[4];
        foreach (ref var loss in losses.AsSpan())
        {
            loss = frozen.Session.Step(0.1f);
            Assert.AreSequenceEqual(before, frozen.Session.Statistics.ToArray());
        }
        Assert.AreNotSequenceEqual(weights, frozen.Session.Weights.ToArray());
        Assert.AreNotEqual(byBatch.Session.Step(0.1f), losses[0]);

        // The loss uses them: with others it is another one.
        weights.CopyTo(frozen.Session.Weights);
        frozen.Session.Statistics.Fill(2);
        Assert.AreNotEqual(losses[3], frozen.Session.Step(0));
    }

    [TestMethod]
    public void Scale_and_shift_train_and_running_statistics_are_no_side_parameters()
    {
        using var step = Step(hasOperator: null);
        Assert.AreSequenceEqual(["scale", "shift", "bias"], step.Session.Graph.Sides.Parts.Select(part => part.Name));
        float[] before = [.. step.Session.Sides];
        step.Session.Step(0.1f);
        Assert.AreEqual(before.Length, before.Zip(step.Session.Sides.ToArray()).Count(pair =>
            pair.First != pair.Second));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Standard_operators_make_the_same_step_as_ours(bool frozen)
    {
        IReadOnlyList<string>? statistics = frozen ? ["mean", "variance"] : null;
        using var ours = Step(hasOperator: null, statistics);
        using var standard = Step(hasOperator: _ => false, statistics);
        Assert.IsTrue(ours.Session.Graph.Model.Graph.Node.Any(node => node.Domain == "ai.elsa"),
            "No operator of ours is used.");
        Assert.IsFalse(standard.Session.Graph.Model.Graph.Node.Any(node => node.Domain == "ai.elsa"));
        for (var number = 0; number < 3; number++)
        {
            Assert.AreEqual(standard.Session.Step(0.1f), ours.Session.Step(0.1f), 1e-5);
            Same(standard.Session.Weights, ours.Session.Weights);
            Same(standard.Session.Sides, ours.Session.Sides);
            Same(standard.Session.Statistics, ours.Session.Statistics);
        }

        static void Same(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
        {
            for (var index = 0; index < expected.Length; index++) Assert.AreEqual(expected[index], found[index], 1e-5);
        }
    }

    // Convolution of 1 x 1, normalisation, activation, mean over the picture, scores.
    static SmallStep Step(Func<NodeProto, bool>? hasOperator, IReadOnlyList<string>? frozenStatistics = null,
        float? momentum = null)
    {
        var normalization = TestModels.Node("BatchNormalization", ["c", "scale", "shift", "mean", "variance"], "n");
        if (momentum is { } given) normalization.Attribute.Add(NodeAttribute.Of("momentum", given));
        var variance = TestModels.Random("variance", DataType.Float, 4, Channels);
        var positive = MemoryMarshal.Cast<byte, float>(variance.RawData.Span).ToArray();
        foreach (ref var value in positive.AsSpan()) value = Math.Abs(value) + 0.1f;
        TensorBytes.SetRaw(variance, MemoryMarshal.AsBytes(positive.AsSpan()).ToArray());
        var model = TestModels.Model([("x", ["N", 2, Side, Side])], [("y", ["N", 3])], DataType.Float,
        [
            TestModels.Node("Conv", ["x", "w1"], "c"), normalization, TestModels.Node("Relu", ["n"], "r"),
            TestModels.Node("GlobalAveragePool", ["r"], "p"), TestModels.Node("Flatten", ["p"], "f"),
                TestModels.Node("Gemm", ["f", "w2", "bias"], "y"),
        ],
        [
            TestModels.Random("w1", DataType.Float, 1, Channels, 2, 1, 1),
                TestModels.Random("scale", DataType.Float, 2, Channels),
            TestModels.Random("shift", DataType.Float, 3, Channels),
                TestModels.Random("mean", DataType.Float, 5, Channels), variance,
            TestModels.Random("w2", DataType.Float, 6, Channels, 3), TestModels.Random("bias", DataType.Float, 7, 3),
        ]);
        return new SmallStep(model, Shape, Batch, [(ElsaLoss.CrossEntropy, "y", new long[] { 0, 1, 2, 1 }, 1)],
            new ElsaTraining(), hasOperator: hasOperator, frozenStatistics: frozenStatistics);
    }

    static readonly float[] Batch = ScoreCheck.Scores(Rows * 2 * Side * Side, seed: 8);

    // Per channel all values of the convolution; its weights come first.
    static List<double>[] Convolved(ReadOnlySpan<float> weights)
    {
        var channels = new List<double>[Channels];
        for (var channel = 0; channel < Channels; channel++)
        {
            channels[channel] = [];
            for (var row = 0; row < Rows; row++)
                for (var place = 0; place < Side * Side; place++)
                    channels[channel].Add((double)weights[channel * 2] * Batch[row * 2 * Side * Side + place]
                        + (double)weights[channel * 2 + 1] * Batch[(row * 2 + 1) * Side * Side + place]);
        }
        return channels;
    }
}
