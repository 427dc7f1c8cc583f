using CsCheck;
using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class ResizeGradientTests
{
    static readonly Gen<(long Input, long Output)> Lengths = Gen.Select(Gen.Long[1, 6], Gen.Long[1, 9]);

    static readonly Gen<string> Transformations = Of("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric");

    [TestMethod]
    public void The_nearest_element_agrees_with_finite_differences() => Gen.Select(Lengths, Lengths, Transformations,
        Of("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"), Gen.Bool, Gen.Bool)
        .Sample((height, width, transformation, nearest, plane, byScales) => Holds(height, width, plane, byScales,
            NodeAttribute.Of("coordinate_transformation_mode", transformation),
                NodeAttribute.Of("nearest_mode", nearest)),
        iter: 60, threads: 1);

    [TestMethod]
    public void Linear_interpolation_agrees_with_finite_differences() => Gen.Select(Lengths, Lengths, Transformations,
        Gen.Bool, Gen.Bool)
        .Sample((height, width, transformation, plane, byScales) => Holds(height, width, plane, byScales,
            NodeAttribute.Of("coordinate_transformation_mode", transformation), NodeAttribute.Of("mode", "linear")),
        iter: 60, threads: 1);

    [TestMethod]
    [DataRow("nearest")]
    [DataRow("linear")]
    public void Half_pixels_of_a_symmetric_grid_agree_with_finite_differences(string mode)
    {
        var graph = new TestGraph(opset: 19);
        GradientCheck.Holds(graph, [graph.Node("Resize", [graph.Input([1, 2, 4, 5]), "", graph.Numbers([1, 1, 1.7f,
            0.7f], 4)],
            NodeAttribute.Of("coordinate_transformation_mode", "half_pixel_symmetric"),
                NodeAttribute.Of("mode", mode))]);
    }

    [TestMethod]
    public void Chosen_axes_and_plain_attributes_agree_with_finite_differences()
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("Resize", [graph.Input([1, 2, 3, 4]), "", graph.Numbers([2, 1.5f], 2)],
            NodeAttribute.Of("axes", [-2L, 3]), NodeAttribute.Of("mode", "linear"))]);
        graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("Resize", [graph.Input([1, 2, 3, 4]), "", graph.Numbers([1, 1, 2, 2],
            4)])]);
        graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("Resize", [graph.Input([2, 3]), "", "", graph.Wholes(4, 9)])]);
    }

    [TestMethod]
    [DataRow("mode", "cubic")]
    [DataRow("coordinate_transformation_mode", "tf_crop_and_resize")]
    [DataRow("keep_aspect_ratio_policy", "not_larger")]
    public void Other_modes_have_no_gradient(string attribute, string value)
    {
        var message = Refused(NodeAttribute.Of(attribute, value));
        StringAssert.Contains(message, attribute);
    }

    [TestMethod]
    public void The_nearest_element_is_the_one_that_ONNX_Runtime_takes()
    {
        var different = new List<string>();
        foreach (var (length, resized) in Pairs(12, 24).Concat([(14, 1), (14, 19), (7, 38), (26, 28), (13, 22)]))
        {
            var graph = new TestGraph(opset: 19);
            var x = graph.Input([length]);
            for (var index = 0; index < length; index++) graph.Values[x][index] = index;
            var (modes, outputs) = (Modes().ToArray(), new List<string>());
            foreach (var (transformation, nearest) in modes)
                outputs.Add(graph.Node("Resize", [x, "", "", graph.Wholes(resized)],
                    NodeAttribute.Of("coordinate_transformation_mode", transformation),
                    NodeAttribute.Of("nearest_mode", nearest)));
            using var runner = new GradientCheck.Runner(graph.Model(), [.. outputs]);
            foreach (var ((transformation, nearest), theirs) in modes.Zip(runner.Run(graph.Values)))
            {
                var map = new ResizeCoordinates(transformation, nearest)
                    .Map(length, resized, (float)resized / length, linear: false);
                for (var element = 0; element < resized; element++)
                    if (map[element, (long)theirs[element]] != 1)
                        different.Add($"{transformation}, {nearest}, {length} to {resized}, element {element}");
            }
        }
        Assert.IsEmpty(different, string.Join(Environment.NewLine, different.Take(20)));
    }

    static IEnumerable<(long Length, long Resized)> Pairs(long lengths, long resized)
    {
        for (var length = 1L; length <= lengths; length++)
            for (var other = 1L; other <= resized; other++)
                if (other != length) yield return (length, other);
    }

    static IEnumerable<(string Transformation, string Nearest)> Modes()
    {
        foreach (var transformation in ResizeCoordinates.Transformations)
            foreach (var nearest in new[] { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" })
                yield return (transformation, nearest);
    }

    [TestMethod]
    public void Antialiasing_has_no_gradient() =>
        StringAssert.Contains(Refused(NodeAttribute.Of("antialias", 1L)), "antialias is 1");

    [TestMethod]
    public void A_resize_that_keeps_every_length_passes_the_gradient_on()
    {
        var graph = new TestGraph();
        GradientCheck.Holds(graph, [graph.Node("Resize", [graph.Input([1, 2, 3, 4]), "", graph.Numbers([1, 1, 1.3f,
            1.2f], 4)],
            NodeAttribute.Of("mode", "linear"))]);
    }

    static Gen<string> Of(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    static string Refused(AttributeProto attribute)
    {
        var graph = new TestGraph();
        var y = graph.Node("Resize", [graph.Input([1, 1, 3, 4]), "", graph.Numbers([1, 1, 2, 2], 4)], attribute);
        return GradientCheck.Refuses(graph, y, [1, 1, 6, 8], "x0");
    }

    static void Holds((long Input, long Output) height, (long Input, long Output) width, bool plane, bool byScales,
        params AttributeProto[] attributes)
    {
        (long Input, long Output)[] spatial = plane ? [height, width] : [height];
        var graph = new TestGraph();
        var x = graph.Input([2, 3, .. spatial.Select(axis => axis.Input)]);
        // A little more than the ratio, so that rounding down reaches the length; no ratio of whole numbers either.
        float[] scales = [1, 1, .. spatial.Select(axis => (axis.Output + 0.3f) / axis.Input)];
        string[] inputs = byScales ? [x, "", graph.Numbers(scales, scales.Length)]
            : [x, "", "", graph.Wholes([2, 3, .. spatial.Select(axis => axis.Output)])];
        GradientCheck.Holds(graph, [graph.Node("Resize", inputs, attributes)]);
    }
}
