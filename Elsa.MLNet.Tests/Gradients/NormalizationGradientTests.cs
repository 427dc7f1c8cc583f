using CsCheck;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Gradients.Oracles;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class NormalizationGradientTests
{
    const float Epsilon = 0.1f;

    static readonly Gen<long[]> Shapes = Gen.Select(Gen.Int[1, 3], Gen.Long[2, 4].Array[5],
        (spatial, sizes) => sizes[..(2 + spatial)]);

    [TestMethod]
    public void Layers_agree_with_finite_differences_and_loops() =>
        Gen.Select(Shapes, Gen.Int[1, 3], Gen.Bool, Gen.Bool).Sample((shape, normalized, fromEnd, bias) =>
        {
            normalized = Math.Min(normalized, shape.Length - 1);
            var first = shape.Length - normalized;
            var graph = new TestGraph();
            string[] inputs = [graph.Input(shape), graph.Input(shape[first..]),
                .. bias ? [graph.Input(shape[first..])] : Array.Empty<string>()];
            var y = graph.Node("LayerNormalization", inputs,
                NodeAttribute.Of("axis", (long)(fromEnd ? -normalized : first)),
                NodeAttribute.Of("epsilon", Epsilon));
            var within = Grid.Count(shape[first..]);
            Check(graph, y, shape, at => Grid.Offset(shape, at)!.Value / within,
                at => Grid.Offset(shape, at)!.Value % within);
        }, iter: 25, threads: 1);

    [TestMethod]
    public void A_layer_without_attributes_normalizes_its_last_axis()
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("LayerNormalization", [graph.Input([2, 3, 4]), graph.Input([4]),
            graph.Input([4])])]);
    }

    [TestMethod]
    public void Instances_agree_with_finite_differences_and_loops() => Shapes.Sample(shape =>
    {
        var graph = new TestGraph();
        var y = graph.Node("InstanceNormalization", [graph.Input(shape), graph.Input([shape[1]]),
            graph.Input([shape[1]])],
            NodeAttribute.Of("epsilon", Epsilon));
        Check(graph, y, shape, at => at[0] * shape[1] + at[1], at => at[1]);
    }, iter: 20, threads: 1);

    [TestMethod]
    [DataRow(18)]
    [DataRow(21)]
    public void Groups_agree_with_finite_differences_and_loops(int opset) =>
        Gen.Select(Shapes, Gen.Long[1, 2]).Sample((any, groups) =>
    {
        long[] shape = [any[0], 2 * groups, .. any[2..]];
        var graph = new TestGraph(opset: opset);
        // The scale is per group before opset 21.
        var scales = opset < 21 ? groups : shape[1];
        var y = graph.Node("GroupNormalization", [graph.Input(shape), graph.Input([scales]), graph.Input([scales])],
            NodeAttribute.Of("num_groups", groups), NodeAttribute.Of("epsilon", Epsilon));
        Check(graph, y, shape, at => at[0] * groups + at[1] / 2, at => at[1] * scales / shape[1]);
    }, iter: 15, threads: 1);

    [TestMethod]
    public void A_mean_that_leads_to_the_loss_has_no_gradient()
    {
        var graph = new TestGraph();
        var outputs = graph.Nodes("LayerNormalization", [graph.Input([2, 3]), graph.Input([3])], 2);
        StringAssert.Contains(GradientCheck.Refuses(graph, outputs[1], [2, 1], "x0"), "leads to the loss");
    }

    static void Check(TestGraph graph, string y, long[] shape, Func<long[], long> setOf, Func<long[], long> scaleOf)
    {
        GradientCheck.Holds(graph, [y], newestToo: false);
        var found = GradientCheck.Gradients(graph, [y], [.. graph.Values.Keys], out var dy);
        var expected = NormalizationOracle.Standardized(dy[0], graph.Values["x0"], graph.Values["x1"], shape, setOf,
            scaleOf, Epsilon);
        Grid.AgreeAll(expected[..graph.Values.Count], found);
    }
}
