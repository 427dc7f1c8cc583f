using CsCheck;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Gradients.Oracles;
using Onnx;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class PoolGradientTests
{
    [TestMethod]
    public void Max_pools_agree_with_finite_differences() => PoolCase.Any.Sample(form =>
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("MaxPool", [graph.DistinctInput(form.Input)], form.Attributes)]);
    }, iter: 30, threads: 1);

    [TestMethod]
    public void Max_pools_give_the_gradient_to_the_first_of_equal_maxima() => PoolCase.Any.Sample(form =>
    {
        var graph = new TestGraph();
        var y = graph.Node("MaxPool", [graph.Input(form.Input, draw: random => random.Next(-1, 2))], form.Attributes);
        var found = GradientCheck.Gradients(graph, [y], ["x0"], out var dy);
        Grid.Agree(PoolOracle.Max(dy[0], graph.Values["x0"], form), found["x0"], "dx");
    }, iter: 40, threads: 1);

    [TestMethod]
    [DataRow(false, 18)]
    [DataRow(true, 18)]
    [DataRow(false, 19)]
    [DataRow(true, 19)]
    [DataRow(false, 22)]
    [DataRow(true, 22)]
    public void Average_pools_agree_with_finite_differences_and_loops(bool countPadding,
        int opset) => PoolCase.Any.Sample(any =>
    {
        // Dilations of average pools came with opset 19.
        var form = opset < 19 ? any with { Dilations = [.. any.Dilations.Select(_ => 1L)] } : any;
        var graph = new TestGraph(opset: opset);
        var attributes = form.Attributes.Where(attribute => opset >= 19 || attribute.Name != "dilations")
            .Append(NodeAttribute.Of("count_include_pad", countPadding ? 1L : 0)).ToArray();
        var y = graph.Node("AveragePool", [graph.Input(form.Input)], attributes);
        GradientCheck.Holds(graph, [y]);
        var found = GradientCheck.Gradients(graph, [y], ["x0"], out var dy);
        Grid.Agree(PoolOracle.Average(dy[0], form, countPadding), found["x0"], "dx");
    }, iter: 20, threads: 1);

    [TestMethod]
    [DataRow("MaxPool", "SAME_UPPER")]
    [DataRow("MaxPool", "SAME_LOWER")]
    [DataRow("MaxPool", "VALID")]
    [DataRow("AveragePool", "SAME_UPPER")]
    [DataRow("AveragePool", "SAME_LOWER")]
    [DataRow("AveragePool", "VALID")]
    public void Automatic_padding_agrees_with_finite_differences(string operatorType, string padding) =>
        Gen.Select(Gen.Long[1, 3], Gen.Long[1, 3], Gen.Long[4, 7], Gen.Bool, Gen.Long[0, 1]).Sample((kernel, step,
            length, flat, ceiling) =>
        {
            // ONNX Runtime refuses automatic padding where windows leave gaps.
            var stride = Math.Min(step, kernel);
            var graph = new TestGraph();
            long[] spatial = flat ? [length] : [length, 5];
            GradientCheck.Holds(graph, [graph.Node(operatorType, [graph.DistinctInput([1, 2, .. spatial])],
                NodeAttribute.Of("auto_pad", padding), NodeAttribute.Of("ceil_mode", ceiling),
                NodeAttribute.Of("kernel_shape", flat ? [kernel] : [kernel, 2]),
                NodeAttribute.Of("strides", flat ? [stride] : [stride, 2]))]);
        }, iter: 15, threads: 1);

    [TestMethod]
    [DataRow("MaxPool", "SAME_UPPER", 3, 9, 1, "starts the windows of spatial axis 0 inside the input")]
    [DataRow("AveragePool", "SAME_UPPER", 3, 9, 1, "starts the windows of spatial axis 0 inside the input")]
    [DataRow("MaxPool", "SAME_LOWER", 4, 8, 1, "starts the windows of spatial axis 0 inside the input")]
    [DataRow("MaxPool", "SAME_UPPER", 1, 8, 2, "stands beside dilations of 2, for which runtimes pad differently")]
    [DataRow("AveragePool", "SAME_LOWER", 1, 8, 2, "stands beside dilations of 2")]
    public void Automatic_padding_that_is_not_around_the_input_has_no_gradient(string operatorType, string padding,
        int stride, int length, int dilation, string reason)
    {
        var graph = new TestGraph();
        var y = graph.Node(operatorType, [graph.Input([1, 1, length])], NodeAttribute.Of("auto_pad", padding),
            NodeAttribute.Of("kernel_shape", [dilation == 1 ? 1L : 2]), NodeAttribute.Of("strides", [(long)stride]),
            NodeAttribute.Of("dilations", [(long)dilation]));
        var message = GradientCheck.Refuses(graph, y, [1, 1, (length + stride - 1) / stride], "x0");
        StringAssert.Contains(message, reason);
        StringAssert.Contains(message, "write its pads out");
    }

    [TestMethod]
    [DataRow("GlobalAveragePool")]
    [DataRow("GlobalMaxPool")]
    public void Global_pools_agree_with_finite_differences(string operatorType)
    {
        foreach (long[] shape in new long[][] { [2, 3, 5], [2, 3, 2, 4], [1, 2, 2, 3, 2], [2, 3, 1, 1] })
        {
            var graph = new TestGraph();
            GradientCheck.Holds(graph, [graph.Node(operatorType, [graph.DistinctInput(shape)])]);
        }
    }

    [TestMethod]
    public void A_window_that_lies_wholly_in_the_padding_has_no_gradient()
    {
        var graph = new TestGraph();
        AttributeProto[] attributes = [NodeAttribute.Of("kernel_shape", [2L]), NodeAttribute.Of("pads", [1L, 1]),
            NodeAttribute.Of("dilations", [2L])];
        var y = graph.Node("MaxPool", [graph.Input([1, 1, 1])], attributes);
        StringAssert.Contains(GradientCheck.Refuses(graph, y, [1, 1, 1], "x0"), "wholly in the padding");
    }
}
