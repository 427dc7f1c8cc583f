using System.Globalization;
using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Training;
using Onnx;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Weights that are drawn anew.</summary>
[TestClass]
public sealed class ReturningWeightsTests
{
    static readonly ParameterVector Layout = SmallParameters.Layout(("conv", [64, 32, 3, 3]), ("matrix", [200, 100]));

    static readonly GraphProto Graph = new()
    {
        Node = { TestModels.Node("Conv", ["x", "conv"], "c"), TestModels.Node("MatMul", ["c", "matrix"], "y") },
    };

    [TestMethod]
    public void The_same_seed_and_level_draw_the_same()
    {
        Assert.AreSequenceEqual(Draw(level: 1, seed: 4), Draw(level: 1, seed: 4));
        Assert.AreNotSequenceEqual(Draw(level: 1, seed: 4), Draw(level: 0, seed: 4));
        Assert.AreNotSequenceEqual(Draw(level: 1, seed: 4), Draw(level: 1, seed: 5));
    }

    [TestMethod]
    [DataRow(0, 32 * 9)]
    [DataRow(1, 200)]
    public void The_variance_is_2_over_the_fan_in(int part, int fanIn)
    {
        var drawn = Layout.Parts[part].Of(Draw(level: 1, seed: 4)).ToArray();
        // 18,432 and 20,000 draws: three standard errors of a normal variance are 3.1 %.
        Assert.AreEqual(2.0 / fanIn, drawn.Average(value => (double)value * value), 0.04 * 2 / fanIn);
        Assert.AreEqual(0, drawn.Average(), 4 * Math.Sqrt(2.0 / fanIn / drawn.Length));
    }

    [TestMethod]
    public void Frozen_weights_stay_and_do_not_change_what_the_others_get()
    {
        var free = Draw(level: 1, seed: 4);
        var network = Network();
        for (var position = 0; position < Layout.Length; position += 3) network.LevelMap[position] = 2;
        var some = Draw(level: 1, seed: 4, network);
        for (var position = 0; position < Layout.Length; position++)
            Assert.AreEqual(position % 3 == 0 ? 7 : free[position], some[position]);
    }

    [TestMethod]
    [DataRow("Conv", "x w", null, "6 5 3 2", 30)]
    [DataRow("ConvTranspose", "x w", null, "6 5 3 2", 30)]
    [DataRow("Gemm", "x w", null, "3 7", 3)]
    [DataRow("Gemm", "x w", "transB", "3 7", 7)]
    [DataRow("Gemm", "w x", null, "3 7", 7)]
    [DataRow("Gemm", "w x", "transA", "3 7", 3)]
    [DataRow("MatMul", "x w", null, "7 3", 7)]
    [DataRow("MatMul", "w x", null, "7 3", 3)]
    [DataRow("MatMul", "x w", null, "2 5 9", 5)]
    [DataRow("MatMul", "x w", null, "9", 9)]
    [DataRow("Transpose", "w", null, "3 7", 7)]
    public void The_fan_in_is_what_an_output_sums(string type, string inputs, string? flag, string shape, int expected)
    {
        var layout = SmallParameters.Layout(("w",
            [.. shape.Split(' ').Select(size => int.Parse(size, CultureInfo.InvariantCulture))]));
        var node = TestModels.Node(type, inputs.Split(' '), "y");
        if (flag is not null) node.Attribute.Add(TestModels.Attribute(flag, 1));
        Assert.AreEqual(expected, FanIn.Of(new GraphProto { Node = { node } }, layout.Parts[0]));
    }

    static TrainedNetwork Network() => new(3, new float[Layout.Length], [], []);

    static float[] Draw(int level, int seed, TrainedNetwork? network = null)
    {
        var weights = new float[Layout.Length];
        weights.AsSpan().Fill(7);
        ReturningWeights.Draw(weights, Layout, Graph, network ?? Network(), level, seed);
        return weights;
    }
}
