using CsCheck;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class SelectionGradientTests
{
    [TestMethod]
    [DataRow("Max")]
    [DataRow("Min")]
    public void Extrema_of_any_number_of_inputs_agree_with_finite_differences_under_broadcasting(string operatorType) =>
        Gen.Int[1, 4].Sample(count =>
        {
            long[][] shapes = [[2, 3], [3], [2, 1], []];
            var graph = new TestGraph();
            // Values a multiple of 0.1 apart, each input on its own offset: no two of them ever tie.
            string[] inputs = [.. shapes.Take(count).Select((shape, index) =>
                graph.Input(shape, draw: random => 0.1f * random.Next(-9, 9) + 0.025f * index))];
            GradientCheck.Holds(graph, [graph.Node(operatorType, inputs)], step: 2e-3);
        }, iter: 10, threads: 1);

    [TestMethod]
    [DataRow("Max")]
    [DataRow("Min")]
    public void At_ties_the_gradient_goes_to_the_first_of_the_equal_inputs(string operatorType)
    {
        var graph = new TestGraph();
        var far = operatorType == "Max" ? -1f : 5f;
        graph.Values[graph.Input([4])] = [far, 2, far, 2];
        graph.Values[graph.Input([4])] = [2, 2, far, far];
        graph.Values[graph.Input([4])] = [2, 2, 2, 2];
        string[] inputs = ["x0", "x1", "x2"];
        var gradients = GradientCheck.Gradients(graph, [graph.Node(operatorType, inputs)], inputs, out var w);
        CollectionAssert.AreEqual(new[] { 0, w[0][1], 0, w[0][3] }, gradients["x0"]);
        CollectionAssert.AreEqual(new[] { w[0][0], 0, 0, 0 }, gradients["x1"]);
        CollectionAssert.AreEqual(new[] { 0, 0, w[0][2], 0 }, gradients["x2"]);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    public void An_extremum_with_constants_trains_whichever_input_is_trained(int trained)
    {
        var graph = new TestGraph();
        var input = graph.DistinctInput(3);
        string[] inputs = [graph.Numbers([-0.3f, 0, 0.3f], 3), graph.Numbers([-0.1f, 0.1f, 0], 3)];
        GradientCheck.Holds(graph, [graph.Node("Max", [.. inputs[..trained], input, .. inputs[trained..]])]);
    }

    [TestMethod]
    public void Where_agrees_with_finite_differences_under_broadcasting()
    {
        long[][][] shapes = [[[2, 3], [2, 3], [2, 3]], [[3], [2, 1], [2, 3]], [[2, 1], [], [3]], [[], [3], [2, 1]]];
        foreach (var shape in shapes)
        {
            var graph = new TestGraph();
            var condition = graph.Node("Greater", [graph.DistinctInput(shape[0]), graph.Numbers([0])]);
            var output = graph.Node("Where", [condition, graph.Input(shape[1]), graph.Input(shape[2])]);
            GradientCheck.Holds(graph, [output], ["x1", "x2"]);
        }
    }

    [TestMethod]
    [DataRow(true, true)]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(false, false)]
    public void Clip_passes_the_gradient_between_its_bounds(bool hasLowest, bool hasHighest)
    {
        var graph = new TestGraph();
        var (lowest, highest) = (hasLowest ? graph.Numbers([-0.3f]) : "", hasHighest ? graph.Numbers([0.4f]) : "");
        GradientCheck.Holds(graph, [graph.Node("Clip", [graph.DistinctInput(20), Scalar(lowest), Scalar(highest)])]);

        string Scalar(string value) => value.Length == 0 ? "" : graph.Node("Reshape", [value, graph.Wholes()]);
    }

    [TestMethod]
    public void Clip_without_inputs_for_its_bounds_is_the_identity()
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("Clip", [graph.DistinctInput(20)])]);
    }

    [TestMethod]
    public void A_trained_bound_of_Clip_is_an_error()
    {
        var graph = new TestGraph();
        var output = graph.Node("Clip", [graph.Input([3]), graph.Input([])]);
        GradientCheck.Fails(graph, output, "bounds");
    }

    [TestMethod]
    [DataRow("Equal")]
    [DataRow("Greater")]
    [DataRow("GreaterOrEqual")]
    [DataRow("Less")]
    [DataRow("LessOrEqual")]
    public void Comparisons_pass_no_gradient_and_raise_no_error(string operatorType)
    {
        var graph = new TestGraph();
        var (left, right) = (graph.DistinctInput(6), graph.Input([6]));
        var compared = graph.Node(operatorType, [left, right]);
        var never = graph.Node("And", [compared, graph.Node("Not", [compared])]);
        var joined = graph.Node("Or", [never, graph.Node("IsNaN", [left])]);
        var output = graph.Node("Where", [graph.Node("Xor", [joined, compared]), left, right]);
        GradientCheck.Holds(graph, [output], step: 1e-3);
    }
}
