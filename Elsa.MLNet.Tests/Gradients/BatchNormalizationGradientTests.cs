using CsCheck;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Gradients.Oracles;
using Onnx;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class BatchNormalizationGradientTests
{
    const float Epsilon = 0.1f;

    static readonly Gen<long[]> Shapes = Gen.Select(Gen.Int[2, 4], Gen.Long[3, 4].Array[4],
        (rank, sizes) => sizes[..rank]);

    static readonly float[] Mean = [0.5f, -2, 0.1f, 1];

    static readonly float[] Variance = [2, 0.3f, 1, 0.01f];

    [TestMethod]
    public void Running_statistics_are_constants_to_the_gradient() => Shapes.Sample(shape =>
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [Normalize(graph, shape)]);
    }, iter: 20, threads: 1);

    [TestMethod]
    public void Inference_agrees_with_loops_over_every_value() => Shapes.Sample(shape =>
    {
        var graph = new TestGraph();
        var found = GradientCheck.Gradients(graph, [Normalize(graph, shape)], ["x0", "x1", "x2"], out var dy);
        Grid.AgreeAll(NormalizationOracle.Fixed(dy[0], graph.Values["x0"], graph.Values["x1"], shape, Mean, Variance,
            Epsilon), found);
    }, iter: 20, threads: 1);

    [TestMethod]
    public void Batch_statistics_agree_with_finite_differences() => Shapes.Sample(shape =>
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [Normalize(graph, shape)], prepare: UseBatch);
    }, iter: 20, threads: 1);

    [TestMethod]
    public void Batch_statistics_agree_with_loops_over_every_value() => Shapes.Sample(shape =>
    {
        var graph = new TestGraph();
        var found = GradientCheck.Gradients(graph, [Normalize(graph, shape)], ["x0", "x1", "x2"], out var dy,
            prepare: UseBatch);
        Grid.AgreeAll(NormalizationOracle.Standardized(dy[0], graph.Values["x0"], graph.Values["x1"], shape,
            at => at[1], at => at[1],
            Epsilon), found);
    }, iter: 20, threads: 1);

    [TestMethod]
    public void Replaced_nodes_tell_their_statistics_and_compute_them()
    {
        var graph = new TestGraph();
        var y = Normalize(graph, [3, 2, 4], NodeAttribute.Of("momentum", 0.7f));
        var model = graph.Model();
        var shapes = model.Graph.Initializer.Select(tensor => (tensor.Name, tensor.Dims)).Append(("x0", [3, 2, 4]))
            .ToDictionary(pair => pair.Item1, pair => new ValueShape(TensorProto.Types.DataType.Float,
                [.. pair.Item2]));
        var norm = model.Graph.Node[0].Clone();
        var replaced = BatchStatistics.Apply(model.Graph, shapes).Single();

        Assert.AreEqual((norm.Name, norm.Input[1], norm.Input[2]), (replaced.Node, replaced.Scale, replaced.Bias));
        Assert.AreEqual((norm.Input[3], norm.Input[4]), (replaced.RunningMean, replaced.RunningVariance));
        Assert.AreEqual(0.3f, replaced.Momentum, 1e-6f);
        Assert.AreEqual(12, replaced.ValuesPerChannel);
        Assert.AreEqual("float32 [2]", shapes[replaced.BatchMean].ToString());
        Assert.AreEqual("float32 [2]", shapes[replaced.BatchVariance].ToString());
        Lowering.Apply(model.Graph, shapes, _ => false);
        using var runner = new GradientCheck.Runner(model, [replaced.BatchMean, replaced.BatchVariance, y]);
        var values = runner.Run(graph.Values);
        for (var channel = 0; channel < 2; channel++)
        {
            var x = graph.Values["x0"].Where((_, index) => index / 4 % 2 == channel).ToArray();
            var mean = x.Average(value => (double)value);
            Assert.AreEqual(mean, values[0][channel], 1e-5);
            Assert.AreEqual(x.Average(value => (value - mean) * (value - mean)), values[1][channel], 1e-5);
        }
    }

    [TestMethod]
    public void Statistics_that_are_no_initializers_stay()
    {
        var graph = new TestGraph();
        graph.Node("BatchNormalization", [graph.Input([2, 3]), .. Enumerable.Range(0, 4).Select(_ =>
            graph.Input([3], 0.5))]);
        Assert.IsEmpty(BatchStatistics.Apply(graph.Graph, new Dictionary<string, ValueShape>()));
        Assert.AreEqual("BatchNormalization", graph.Graph.Node.Single().OpType);
    }

    [TestMethod]
    public void One_value_per_channel_has_no_batch_statistics()
    {
        var graph = new TestGraph();
        Normalize(graph, [1, 3]);
        var shapes = new Dictionary<string, ValueShape> { ["x0"] = new(TensorProto.Types.DataType.Float, 1, 3) };
        var error = Assert.ThrowsExactly<ArgumentException>(() => BatchStatistics.Apply(graph.Graph, shapes));
        StringAssert.Contains(error.Message, "a batch of 2 or more");
    }

    [TestMethod]
    public void Trained_running_statistics_have_no_gradient()
    {
        var graph = new TestGraph();
        string[] inputs = [graph.Input([2, 3]), .. Enumerable.Range(0, 4).Select(_ => graph.Input([3], 0.5))];
        var y = graph.Node("BatchNormalization", inputs);
        StringAssert.Contains(GradientCheck.Refuses(graph, y, [2, 3], "x3"), "statistics, not weights");
    }

    [TestMethod]
    public void A_node_in_training_mode_has_no_gradient()
    {
        var graph = new TestGraph();
        string[] inputs = [graph.Input([2, 3]), .. Enumerable.Range(0, 4).Select(_ => graph.Input([3], 0.5))];
        var y = graph.Nodes("BatchNormalization", inputs, 3, NodeAttribute.Of("training_mode", 1L));
        StringAssert.Contains(GradientCheck.Refuses(graph, y[0], [2, 3], "x0"), "training_mode is 1");
    }

    [TestMethod]
    public void Batch_statistics_that_lead_to_the_loss_have_no_gradient()
    {
        var graph = new TestGraph();
        Normalize(graph, [2, 3]);
        var shapes = new Dictionary<string, ValueShape> { ["x0"] = new(TensorProto.Types.DataType.Float, 2, 3) };
        var mean = BatchStatistics.Apply(graph.Graph, shapes).Single().BatchMean;
        StringAssert.Contains(GradientCheck.Refuses(graph, mean, [3], "x0"), "mean or variance leads to the loss");
    }

    static void UseBatch(GraphProto graph, Dictionary<string, ValueShape> shapes) =>
        Assert.HasCount(1, BatchStatistics.Apply(graph, shapes));

    /// <summary>Normalises x0 with scale x1 and bias x2.</summary>
    static string Normalize(TestGraph graph, long[] shape, params AttributeProto[] attributes)
    {
        var channels = (int)shape[1];
        return graph.Node("BatchNormalization", [graph.Input(shape), graph.Input([channels]), graph.Input([channels]),
            graph.Numbers(Mean[..channels], channels), graph.Numbers(Variance[..channels], channels)],
            [.. attributes, NodeAttribute.Of("epsilon", Epsilon)]);
    }
}
