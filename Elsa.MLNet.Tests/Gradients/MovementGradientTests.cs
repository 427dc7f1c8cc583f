using CsCheck;
using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class MovementGradientTests
{
    [TestMethod]
    public void A_change_of_shape_passes_the_gradient_in_the_old_shape()
    {
        Holds([2, 3, 4], (graph, x) => graph.Node("Reshape", [x, graph.Wholes(0, -1, 2)]));
        Holds([2, 3, 4], (graph, x) => graph.Node("Flatten", [x], NodeAttribute.Of("axis", 2)));
        Holds([2, 1, 4, 1], (graph, x) => graph.Node("Squeeze", [x, graph.Wholes(-1)]));
        Holds([2, 1, 4, 1], (graph, x) => graph.Node("Squeeze", [x]));
        Holds([2, 3], (graph, x) => graph.Node("Unsqueeze", [x, graph.Wholes(0, -1)]));
    }

    [TestMethod]
    public void Transposes_are_put_back()
    {
        Gen.Shuffle(new long[] { 0, 1, 2, 3 }).Sample(order => Holds([2, 3, 1, 4], (graph, x) => graph.Node("Transpose", [x], NodeAttribute.Of("perm", order))), iter: 8, threads: 1);
        Holds([2, 3, 4], (graph, x) => graph.Node("Transpose", [x]));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(-2)]
    public void Concat_gives_every_part_its_own(int axis)
    {
        var graph = new TestGraph();
        var (first, second) = (graph.Input([2, 1, 3]), graph.Input([2, 4, 3]));
        var joined = graph.Node("Concat", [first, second, first], NodeAttribute.Of("axis", axis));
        GradientCheck.Holds(graph, [joined]);
        GradientCheck.Holds(graph, [joined], [second]);
    }

    [TestMethod]
    public void Split_joins_its_parts_with_zeros_for_those_that_are_not_used()
    {
        Holds([2, 5], (graph, x) => graph.Nodes("Split", [x, graph.Wholes(1, 3, 1)], 3, NodeAttribute.Of("axis", -1)));
        Holds([2, 5], (graph, x) => [graph.Nodes("Split", [x, graph.Wholes(1, 3, 1)], 3, NodeAttribute.Of("axis", 1))[1]]);
        Holds([7, 2], (graph, x) => graph.Nodes("Split", [x], 3, NodeAttribute.Of("num_outputs", 3)));
    }

    [TestMethod]
    public void Slices_of_random_bounds_and_steps_agree_with_finite_differences()
    {
        var bound = Gen.Long[-7, 7];
        Gen.Select(bound, bound, Gen.OneOf(Gen.Long[1, 3], Gen.Long[-3, -1]), bound, bound, Gen.OneOf(Gen.Long[1, 2], Gen.Const(-1L))).Where((a, b, s, c, d, t) =>
            Taken(a, b, s, 6) > 0 && Taken(c, d, t, 4) > 0).Sample((a, b, s, c, d, t) => Holds([6, 2, 4], (graph, x) =>
            graph.Node("Slice", [x, graph.Wholes(a, c), graph.Wholes(b, d), graph.Wholes(0, -1), graph.Wholes(s, t)])), iter: 30, threads: 1);
        Holds([4, 3], (graph, x) => graph.Node("Slice", [x, graph.Wholes(1, 0), graph.Wholes(long.MaxValue, -1)]));
        Holds([4, 3], (graph, x) => graph.Node("Slice", [x, graph.Wholes(-1), graph.Wholes(long.MinValue), graph.Wholes(0), graph.Wholes(-1)]));
    }

    [TestMethod]
    [DataRow("constant")]
    [DataRow("edge")]
    [DataRow("reflect")]
    public void Borders_of_random_sizes_agree_with_finite_differences(string mode)
    {
        var size = Gen.Long[0, 2];
        Gen.Select(size, size, size, size).Sample((a, b, c, d) => Holds([2, 3, 4], (graph, x) =>
            graph.Node("Pad", [x, graph.Wholes(0, a, b, 0, c, d)], NodeAttribute.Of("mode", mode))), iter: 10, threads: 1);
        Holds([2, 3, 4], (graph, x) => graph.Node("Pad", [x, graph.Wholes(1, 2, 2, 1), "", graph.Wholes(-1, 1)], NodeAttribute.Of("mode", mode)));
    }

    [TestMethod]
    public void Borders_that_wrap_around_are_summed()
    {
        var graph = new TestGraph(opset: 19);
        GradientCheck.Holds(graph, [graph.Node("Pad", [graph.Input([2, 4]), graph.Wholes(0, 3, 0, 2)], NodeAttribute.Of("mode", "wrap"))]);
    }

    [TestMethod]
    [DataRow(3, -2)]
    [DataRow(-1, 2)]
    public void What_negative_borders_leave_wraps_around(int before, int behind)
    {
        var graph = new TestGraph { Opset = 19 };
        GradientCheck.Holds(graph, [graph.Node("Pad", [graph.Input([2, 5]), graph.Wholes(0, before, 0, behind)], NodeAttribute.Of("mode", "wrap"))]);
    }

    [TestMethod]
    [DataRow("Gather")]
    [DataRow("Slice")]
    public void Doubles_are_taken_by_operators_that_ONNX_Runtime_has_for_them(string operatorType)
    {
        var graph = new TestGraph();
        var input = graph.Node("Cast", [graph.Input([5, 3])], NodeAttribute.Of("to", (long)DataType.Double));
        var taken = operatorType == "Gather" ? graph.Node("Gather", [input, graph.Wholes(3, 0, 3)])
            : graph.Node("Slice", [input, graph.Wholes(-1, 0), graph.Wholes(-6, 3), graph.Wholes(0, 1), graph.Wholes(-2, 2)]);
        var output = graph.Node("Cast", [taken], NodeAttribute.Of("to", (long)DataType.Float));
        GradientCheck.Holds(graph, [output]);
        var gradient = GradientCheck.Gradients(graph, [output], ["x0"], out var weights, lower: false)["x0"];
        Assert.AreEqual(weights[0].Sum(), gradient.Sum(), 1e-5f);
    }

    [TestMethod]
    public void What_has_no_elements_passes_no_gradient()
    {
        var graph = new TestGraph();
        var input = graph.Input([1, 2, 2, 3]);
        var pooled = graph.Node("AveragePool", [input], NodeAttribute.Of("kernel_shape", [3L, 1L]));
        var none = graph.Node("ReduceSum", [pooled], NodeAttribute.Of("keepdims", 0L));
        var gradient = GradientCheck.Gradients(graph, [graph.Node("Add", [none, input])], [input], out var weights)[input];
        CollectionAssert.AreEqual(weights[0], gradient);
    }

    [TestMethod]
    public void Negative_borders_cut_and_the_constant_gets_the_sum_of_its_border()
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("Pad", [graph.Input([4, 3]), graph.Wholes(-1, 2, 1, 0), graph.Input([])])]);
    }

    [TestMethod]
    [DataRow(5, false)]
    [DataRow(300, false)]
    [DataRow(5, true)]
    [DataRow(300, true)]
    public void Gathered_places_sum_what_was_taken_from_them(int size, bool small)
    {
        foreach (var axis in new[] { 0, 1, -1 })
        {
            long[] dimensions = [2, 3, 2];
            dimensions[axis < 0 ? axis + 3 : axis] = size;
            Holds(dimensions, (graph, x) => graph.Node("Gather", [x, Indices(graph, [0, -1, 3, 3, 1, 3], small)], NodeAttribute.Of("axis", axis)));
            Holds(dimensions, (graph, x) => graph.Node("Gather", [x, Indices(graph, [1, 2, 3], small)], NodeAttribute.Of("axis", axis)));
        }
    }

    [TestMethod]
    [DataRow(5)]
    [DataRow(300)]
    public void Indices_may_depend_on_the_data(int size)
    {
        foreach (var type in new[] { DataType.Int64, DataType.Int32 })
        {
            var graph = new TestGraph();
            var x = graph.Input([size, 3]);
            var places = graph.Node("ArgMax", [graph.DistinctInput(2, 4, size)], NodeAttribute.Of("axis", -1), NodeAttribute.Of("keepdims", 0));
            var negative = graph.Node("Sub", [places, graph.Wholes(size)]);
            var indices = graph.Node("Cast", [graph.Node("Concat", [places, negative], NodeAttribute.Of("axis", 0))], NodeAttribute.Of("to", (long)type));
            GradientCheck.Holds(graph, [graph.Node("Gather", [x, indices])], [x]);
        }
    }

    [TestMethod]
    public void A_single_place_is_taken_without_a_dimension()
    {
        var graph = new TestGraph();
        var x = graph.Input([3, 4]);
        var last = graph.Node("Squeeze", [graph.Wholes(-1)]);
        GradientCheck.Holds(graph, [graph.Node("Gather", [x, last], NodeAttribute.Of("axis", 1))]);
    }

    [TestMethod]
    public void Elements_gathered_by_themselves_sum_what_was_taken_from_them() => Holds([3, 4], (graph, x) =>
        graph.Node("GatherElements", [x, graph.Node("Reshape", [graph.Wholes(0, 1, 1, -1, 2, 2), graph.Wholes(2, 3)])], NodeAttribute.Of("axis", 1)));

    [TestMethod]
    public void Repetitions_are_summed()
    {
        Holds([3, 1], (graph, x) => graph.Node("Expand", [x, graph.Wholes(2, 1, 4)]));
        Holds([2, 3], (graph, x) => graph.Node("Expand", [x, graph.Wholes(1)]));
        Holds([2, 1, 3], (graph, x) => graph.Node("Tile", [x, graph.Wholes(2, 3, 1)]));
        Holds([2, 3], (graph, x) => graph.Node("Tile", [x, graph.Wholes(1, 1)]));
    }

    [TestMethod]
    public void Channels_and_blocks_of_pixels_change_places_back()
    {
        foreach (var mode in new[] { "DCR", "CRD" })
            Holds([2, 8, 2, 3], (graph, x) => graph.Node("DepthToSpace", [x], NodeAttribute.Of("blocksize", 2), NodeAttribute.Of("mode", mode)));
        Holds([2, 2, 4, 6], (graph, x) => graph.Node("SpaceToDepth", [x], NodeAttribute.Of("blocksize", 2)));
    }

    [TestMethod]
    public void Shapes_computed_on_the_way_carry_no_gradient_and_raise_no_error()
    {
        var graph = new TestGraph();
        var x = graph.Input([2, 3, 4]);
        var shape = graph.Node("Shape", [x]);
        var rows = graph.Node("Gather", [shape, graph.Wholes(0)]);
        var target = graph.Node("Concat", [rows, graph.Wholes(-1)], NodeAttribute.Of("axis", 0));
        var flat = graph.Node("Reshape", [x, target]);
        var count = graph.Node("Cast", [graph.Node("Size", [x])], NodeAttribute.Of("to", (long)DataType.Float));
        var ones = graph.Node("ConstantOfShape", [graph.Node("Shape", [flat])]);
        var places = graph.Node("NonZero", [flat]);
        var steps = graph.Node("Range", [graph.Node("Squeeze", [graph.Wholes(0)]), graph.Node("Size", [x]), graph.Node("Squeeze", [graph.Wholes(1)])]);
        var weights = graph.Node("Reshape", [graph.Node("Cast", [steps], NodeAttribute.Of("to", (long)DataType.Float)), target]);
        var some = graph.Node("Cast", [graph.Node("ReduceMax", [places])], NodeAttribute.Of("to", (long)DataType.Float));
        var scaled = graph.Node("Div", [graph.Node("Mul", [flat, weights]), count]);
        GradientCheck.Holds(graph, [graph.Node("Mul", [graph.Node("Add", [scaled, ones]), some])]);
    }

    [TestMethod]
    public void Bounds_computed_from_data_are_refused()
    {
        var graph = new TestGraph();
        var x = graph.Input([4]);
        var end = graph.Node("Unsqueeze", [graph.Node("ArgMax", [x], NodeAttribute.Of("keepdims", 0)), graph.Wholes(0)]);
        var start = graph.Node("Slice", [x, graph.Node("Sub", [end, end]), graph.Wholes(2)]);
        Assert.Contains("computed from the data", Assert.ThrowsExactly<NotSupportedException>(
            () => GradientCheck.Gradients(graph, [start], [x], out _)).Message);
    }

    static string Indices(TestGraph graph, long[] values, bool small)
    {
        var places = graph.Node("Reshape", [graph.Wholes(values), graph.Wholes(values.Length / 3, 3)]);
        return small ? graph.Node("Cast", [places], NodeAttribute.Of("to", (long)DataType.Int32)) : places;
    }

    static long Taken(long start, long end, long step, long size)
    {
        (start, end) = (start < 0 ? start + size : start, end < 0 ? end + size : end);
        return step > 0 ? (Math.Clamp(end, 0, size) - Math.Clamp(start, 0, size) + step - 1) / step
            : (Math.Clamp(start, 0, size - 1) - Math.Clamp(end, -1, size - 1) - step - 1) / -step;
    }

    static void Holds(long[] dimensions, Func<TestGraph, string, string> output) => Holds(dimensions, (graph, x) => [output(graph, x)]);

    static void Holds(long[] dimensions, Func<TestGraph, string, string[]> outputs)
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, outputs(graph, graph.Input(dimensions)));
    }
}
