using CsCheck;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Gradients.Oracles;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class ConvGradientTests
{
    [TestMethod]
    public void Convolutions_agree_with_finite_differences() => ConvCase.Any.Sample(form =>
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [Conv(graph, form)]);
    }, iter: 40, threads: 1);

    [TestMethod]
    public void Convolutions_agree_with_loops_over_every_product() => ConvCase.Any.Sample(Agrees, iter: 60, threads: 1);

    [TestMethod]
    public void Depthwise_and_pointwise_convolutions_agree_with_loops()
    {
        Agrees(new ConvCase([2, 4, 6, 5], [4, 1, 3, 3], [1, 1], [1, 1, 1, 1], [1, 1], 4));
        Agrees(new ConvCase([2, 4, 6, 5], [8, 1, 3, 3], [2, 2], [0, 1, 1, 0], [1, 1], 4));
        Agrees(new ConvCase([3, 4, 6, 5], [7, 4, 1, 1], [1, 1], [0, 0, 0, 0], [1, 1], 1));
        Agrees(new ConvCase([3, 4, 6, 5], [7, 4, 1, 1], [2, 2], [0, 0, 0, 0], [1, 1], 1));
        Agrees(new ConvCase([3, 4, 6, 5], [2, 4, 1, 1], [1, 1], [1, 0, 0, 2], [1, 1], 1));
        Agrees(new ConvCase([2, 4, 9], [6, 2, 1], [1], [0, 0], [1], 2));
        Agrees(new ConvCase([2, 2, 3, 4, 3], [3, 2, 2, 3, 2], [1, 2, 1], [0, 1, 0, 1, 1, 0], [1, 1, 1], 1));
    }

    [TestMethod]
    public void Convolutions_of_many_channels_agree_with_loops() => ConvCase.Any.Sample(form =>
    {
        long[] weight = [3, 5, .. form.Weight[2..]];
        Agrees(form with { Input = [form.Input[0], 5, .. form.Input[2..]], Weight = weight, Group = 1 });
    }, iter: 40, threads: 1);

    [TestMethod]
    [DataRow("SAME_UPPER")]
    [DataRow("SAME_LOWER")]
    [DataRow("VALID")]
    [DataRow("NOTSET")]
    public void Automatic_padding_agrees_with_finite_differences(string padding) =>
        Gen.Select(Gen.Long[1, 4], Gen.Long[1, 3], Gen.Long[4, 8]).Sample((kernel, step, length) =>
        {
            // Wider steps would start the first window inside the input.
            var stride = Math.Min(step, kernel + 1);
            var graph = new TestGraph();
            string[] inputs = [graph.Input([2, 2, length, 7]), graph.Input([3, 2, kernel, 3])];
            GradientCheck.Holds(graph, [graph.Node("Conv", inputs, NodeAttribute.Of("auto_pad", padding),
                NodeAttribute.Of("strides", [stride, 2]), NodeAttribute.Of("kernel_shape", [kernel, 3]))]);
        }, iter: 15, threads: 1);

    [TestMethod]
    [DataRow("SAME_UPPER", 1, 3, 9)]
    [DataRow("SAME_UPPER", 2, 4, 8)]
    [DataRow("SAME_LOWER", 1, 4, 8)]
    public void Automatic_padding_that_starts_inside_the_input_has_no_gradient(string padding, int kernel, int stride,
        int length)
    {
        var graph = new TestGraph();
        string[] inputs = [graph.Input([1, 1, length]), graph.Input([1, 1, kernel])];
        var y = graph.Node("Conv", inputs, NodeAttribute.Of("auto_pad", padding),
            NodeAttribute.Of("strides", [(long)stride]));
        StringAssert.Contains(GradientCheck.Refuses(graph, y, [1, 1, (length + stride - 1) / stride], inputs),
            $"its auto_pad '{padding}' starts the windows of spatial axis 0 inside the input");
    }

    [TestMethod]
    public void Automatic_padding_of_steps_over_elements_is_refused_or_agrees_with_finite_differences()
    {
        var agreed = 0;
        foreach (var padding in new[] { "SAME_UPPER", "SAME_LOWER" })
            for (var kernel = 1L; kernel <= 3; kernel++)
                for (var stride = 1L; stride <= 4; stride++)
                    for (var length = 4L; length <= 9; length++)
                    {
                        var graph = new TestGraph();
                        string[] inputs = [graph.Input([1, 1, length]), graph.Input([1, 1, kernel])];
                        var y = graph.Node("Conv", inputs, NodeAttribute.Of("auto_pad", padding),
                            NodeAttribute.Of("strides", [stride]));
                        try
                        {
                            GradientCheck.Holds(graph, [y], newestToo: false);
                            agreed++;
                        }
                        catch (NotSupportedException)
                        {
                            Assert.IsGreaterThan(kernel, stride);
                        }
                    }
        Assert.IsGreaterThan(100, agreed);
    }

    [TestMethod]
    public void A_convolution_whose_padding_is_negative_has_no_gradient()
    {
        var graph = new TestGraph();
        string[] inputs = [graph.Input([1, 1, 6]), graph.Input([1, 1, 2])];
        var y = graph.Node("Conv", inputs, NodeAttribute.Of("pads", [-1, 0]));
        StringAssert.Contains(GradientCheck.Refuses(graph, y, [1, 1, 4], inputs), "padding is negative");
    }

    [TestMethod]
    public void A_shape_that_the_padding_does_not_lead_to_has_no_gradient()
    {
        var graph = new TestGraph();
        string[] inputs = [graph.Input([1, 1, 6]), graph.Input([1, 1, 2])];
        StringAssert.Contains(GradientCheck.Refuses(graph, graph.Node("Conv", inputs), [1, 1, 4], inputs),
            "does not give the shape");
    }

    static void Agrees(ConvCase form)
    {
        var graph = new TestGraph();
        var y = Conv(graph, form);
        var found = GradientCheck.Gradients(graph, [y], ["x0", "x1", "x2"], out var dy);
        var (dx, dw, db) = ConvOracle.Gradients(dy[0], graph.Values["x0"], graph.Values["x1"], form);
        Grid.Agree(dx, found["x0"], "dx");
        Grid.Agree(dw, found["x1"], "dw");
        Grid.Agree(db, found["x2"], "db");
    }

    static string Conv(TestGraph graph, ConvCase form) =>
        graph.Node("Conv", [graph.Input(form.Input), graph.Input(form.Weight), graph.Input([form.Weight[0]])],
            form.Attributes);
}
