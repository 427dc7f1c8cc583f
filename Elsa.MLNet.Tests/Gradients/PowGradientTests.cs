using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class PowGradientTests
{
    [TestMethod]
    [DataRow(1f)]
    [DataRow(2f)]
    [DataRow(3f)]
    [DataRow(0.5f)]
    [DataRow(-1f)]
    [DataRow(1.7f)]
    public void A_constant_exponent_agrees_with_finite_differences(float exponent)
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("Pow", [graph.Input([3, 4], 0.5, 2), graph.Numbers([exponent])])]);
    }

    [TestMethod]
    public void Exponents_of_whole_numbers_take_negative_bases()
    {
        var graph = new TestGraph();
        var output = graph.Node("Pow", [graph.Input([3, 4], -2, -0.5), graph.Wholes(2, 3, 1, -1)]);
        GradientCheck.Holds(graph, [output]);
    }

    [TestMethod]
    public void The_exponent_0_has_the_gradient_0_even_at_0()
    {
        var graph = new TestGraph();
        graph.Values[graph.Input([2])] = [0, 2];
        var power = graph.Node("Pow", ["x0", graph.Numbers([0, 3], 2)]);
        var gradient = GradientCheck.Gradients(graph, [power], ["x0"], out var weights)["x0"];
        Assert.AreEqual(0f, gradient[0]);
        Assert.AreEqual(12 * weights[0][1], gradient[1], 1e-5f);
    }

    [TestMethod]
    public void The_one_exponent_0_gives_no_gradient()
    {
        var graph = new TestGraph();
        var input = graph.Input([3]);
        var output = graph.Node("Add", [graph.Node("Pow", [input, graph.Numbers([0])]), input]);
        var gradient = GradientCheck.Gradients(graph, [output], [input], out var weights)[input];
        CollectionAssert.AreEqual(weights[0], gradient);
    }

    [TestMethod]
    public void An_exponent_over_a_base_that_is_not_positive_has_the_gradient_0()
    {
        var graph = new TestGraph();
        graph.Values[graph.Input([3])] = [-2, 0, 2];
        graph.Values[graph.Input([3])] = [1.5f, 2, 2];
        var power = graph.Node("Pow", ["x0", "x1"]);
        var gradients = GradientCheck.Gradients(graph, [power], ["x1"], out var weights)["x1"];
        Assert.AreEqual(0f, gradients[0]);
        Assert.AreEqual(0f, gradients[1]);
        Assert.AreEqual(4 * Math.Log(2) * weights[0][2], gradients[2], 1e-5);
    }

    [TestMethod]
    public void An_exponent_of_another_float_type_gets_a_gradient_of_its_type()
    {
        var graph = new TestGraph();
        var exponent = graph.Node("Cast", [graph.Input([4], 0.5, 2)], NodeAttribute.Of("to", (long)DataType.Double));
        GradientCheck.Holds(graph, [graph.Node("Pow", [graph.Input([3, 4], 0.5, 2), exponent])]);
    }
}
