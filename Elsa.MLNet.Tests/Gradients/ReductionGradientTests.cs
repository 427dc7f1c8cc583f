using CsCheck;
using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class ReductionGradientTests
{
    [TestMethod]
    [DataRow("ReduceSum")]
    [DataRow("ReduceMean")]
    [DataRow("ReduceMax")]
    [DataRow("ReduceMin")]
    [DataRow("ReduceL1")]
    [DataRow("ReduceL2")]
    [DataRow("ReduceSumSquare")]
    [DataRow("ReduceLogSum")]
    [DataRow("ReduceLogSumExp")]
    public void Reductions_over_any_axes_agree_with_finite_differences(string operatorType) =>
        Gen.Select(AnyShape, Gen.Int[0, 15], Gen.Bool, Gen.Bool).Sample((shape, chosen, keeps, negative) =>
        {
            long[] axes = [.. Enumerable.Range(0, shape.Length).Where(axis => (chosen & (1 << axis)) != 0)
                .Select(axis => (long)(negative ? axis - shape.Length : axis))];
            var graph = new TestGraph();
            var input = operatorType == "ReduceLogSum" ? graph.Input(shape, 0.5, 2) : graph.DistinctInput(shape);
            string[] inputs = axes.Length > 0 || negative ? [input, graph.Wholes(axes)] : [input];
            var keepdims = NodeAttribute.Of("keepdims", keeps ? 1L : 0);
            GradientCheck.Holds(graph, [graph.Node(operatorType, inputs, keepdims)], step: 5e-3);
        }, iter: 20, threads: 1);

    [TestMethod]
    [DataRow("ReduceMax")]
    [DataRow("ReduceMin")]
    public void At_ties_the_gradient_is_shared_evenly(string operatorType)
    {
        var graph = new TestGraph();
        var far = operatorType == "ReduceMax" ? -3f : 3f;
        graph.Values[graph.Input([2, 3])] = [1, far, 1, far, 1, far];
        var output = graph.Node(operatorType, ["x0", graph.Wholes(1)]);
        var gradient = GradientCheck.Gradients(graph, [output], ["x0"], out var w)["x0"];
        CollectionAssert.AreEqual(new[] { w[0][0] / 2, 0, w[0][0] / 2, 0, w[0][1], 0 }, gradient);
    }

    [TestMethod]
    public void ReduceL2_has_the_gradient_0_at_the_origin()
    {
        var graph = new TestGraph();
        graph.Values[graph.Input([2, 2])] = [0, 0, 3, 4];
        var norm = graph.Node("ReduceL2", ["x0", graph.Wholes(1)]);
        var gradient = GradientCheck.Gradients(graph, [norm], ["x0"], out var w)["x0"];
        CollectionAssert.AreEqual(new float[] { 0, 0 }, gradient[..2]);
        Assert.AreEqual(0.6f * w[0][1], gradient[2], 1e-6f);
        Assert.AreEqual(0.8f * w[0][1], gradient[3], 1e-6f);
    }

    [TestMethod]
    [DataRow("ReduceSum")]
    [DataRow("ReduceMean")]
    [DataRow("ReduceMax")]
    [DataRow("ReduceMin")]
    public void Without_axes_a_reduction_that_asks_for_none_passes_the_gradient(string operatorType)
    {
        var graph = new TestGraph();
        var input = graph.Input([2, 3]);
        GradientCheck.Holds(graph, [graph.Node(operatorType, [input], NodeAttribute.Of("noop_with_empty_axes", 1))]);
    }

    [TestMethod]
    [DataRow("ReduceL1")]
    [DataRow("ReduceL2")]
    [DataRow("ReduceSumSquare")]
    [DataRow("ReduceLogSum")]
    [DataRow("ReduceLogSumExp")]
    public void Without_axes_a_reduction_of_a_function_is_an_error(string operatorType)
    {
        var graph = new TestGraph();
        var output = graph.Node(operatorType, [graph.Input([2, 3], 0.5)], NodeAttribute.Of("noop_with_empty_axes", 1));
        GradientCheck.Fails(graph, output, "noop_with_empty_axes");
    }

    [TestMethod]
    public void Axes_computed_from_the_data_are_an_error()
    {
        var graph = new TestGraph();
        var axes = graph.Node("Cast", [graph.Input([1])], NodeAttribute.Of("to", (long)DataType.Int64));
        GradientCheck.Fails(graph, graph.Node("ReduceSum", [graph.Input([2, 3]), axes]), "computed from the data");
    }

    [TestMethod]
    [DataRow("Softmax")]
    [DataRow("LogSoftmax")]
    public void Softmax_over_any_axis_agrees_with_finite_differences(string operatorType) =>
        Gen.Select(Gen.Long[2, 5].Array[1, 4], Gen.Int[0, 3], Gen.Bool).Sample((shape, axis, negative) =>
        {
            axis %= shape.Length;
            var graph = new TestGraph();
            var chosen = NodeAttribute.Of("axis", (long)(negative ? axis - shape.Length : axis));
            GradientCheck.Holds(graph, [graph.Node(operatorType, [graph.Input(shape, -2, 2)], chosen)]);
        }, iter: 15, threads: 1);

    [TestMethod]
    [DataRow("Softmax")]
    [DataRow("LogSoftmax")]
    public void Softmax_goes_over_the_last_axis_by_default(string operatorType)
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node(operatorType, [graph.Input([2, 3, 4], -2, 2)])]);
    }

    static Gen<long[]> AnyShape => Gen.Long[1, 4].Array[1, 4];
}
