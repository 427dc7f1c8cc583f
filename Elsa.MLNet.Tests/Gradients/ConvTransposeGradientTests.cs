using CsCheck;
using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class ConvTransposeGradientTests
{
    static readonly Gen<(long Rank, long Kernel, long Stride, long Dilation, long Pad, long Extra, long Group)> Forms =
        Gen.Select(Gen.Long[1, 2], Gen.Long[2, 3], Gen.Long[1, 3], Gen.Long[1, 3], Gen.Long[0, 1], Gen.Long[0, 2],
            Gen.Long[1, 2]);

    [TestMethod]
    public void Transposed_convolutions_agree_with_finite_differences() => Forms.Sample(form =>
        Holds(form, NodeAttribute.Of("pads", Of(2 * form.Rank, form.Pad, 0)),
            NodeAttribute.Of("output_padding", Of(form.Rank, Math.Min(form.Extra, form.Stride - 1), 0))),
        iter: 40, threads: 1);

    [TestMethod]
    [DataRow("NOTSET")]
    [DataRow("SAME_UPPER")]
    [DataRow("SAME_LOWER")]
    public void An_output_shape_asked_for_agrees_with_finite_differences(string padding) => Forms.Sample(form =>
    {
        // From three elements less than the plain result to as many more as the stride can leave over.
        var plain = 3 * form.Stride + (form.Kernel - 1) * form.Dilation + 1;
        var asked = plain + form.Stride - 1 - form.Extra - form.Pad;
        Holds(form, NodeAttribute.Of("auto_pad", padding), NodeAttribute.Of("output_shape",
            Of(form.Rank, asked, plain)));
    }, iter: 20, threads: 1);

    [TestMethod]
    [DataRow("SAME_UPPER")]
    [DataRow("SAME_LOWER")]
    [DataRow("VALID")]
    public void Automatic_padding_agrees_with_finite_differences(string padding) => Forms.Sample(form =>
        Holds(form, NodeAttribute.Of("auto_pad", padding)), iter: 20, threads: 1);

    [TestMethod]
    public void An_output_longer_than_the_strides_lead_to_has_no_gradient()
    {
        var graph = new TestGraph();
        string[] inputs = [graph.Input([1, 1, 4]), graph.Input([1, 1, 2])];
        var y = graph.Node("ConvTranspose", inputs, NodeAttribute.Of("output_shape", [7L]));
        StringAssert.Contains(GradientCheck.Refuses(graph, y, [1, 1, 7], inputs), "longer than its strides");
    }

    static void Holds((long Rank, long Kernel, long Stride, long Dilation, long Pad, long Extra, long Group) form,
        params AttributeProto[] attributes)
    {
        var graph = new TestGraph();
        string[] inputs = [graph.Input([2, 3 * form.Group, .. Of(form.Rank, 4, 4)]),
            graph.Input([3 * form.Group, 4, .. Of(form.Rank, form.Kernel, form.Kernel)]),
                graph.Input([4 * form.Group])];
        GradientCheck.Holds(graph, [graph.Node("ConvTranspose", inputs, [.. attributes,
            NodeAttribute.Of("group", form.Group),
            NodeAttribute.Of("strides", Of(form.Rank, form.Stride, form.Stride)),
            NodeAttribute.Of("dilations", Of(form.Rank, form.Dilation, form.Dilation))])]);
    }

    static long[] Of(long count, long first, long others) => [first, .. Enumerable.Repeat(others, (int)count - 1)];
}
