using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// ConvWeightGradient(x, dy): dw[o,c,t] = sum of dy[n,o,p] x[n,c,ps+td-pad] over n and p. That is a convolution of x by dy
/// whose channels are the batch and in which strides and dilations change places; taps beyond the kernel's are cut off.
/// For kernels of one tap it is one product of matrices. Attributes: kernel_shape, strides, pads, dilations, group, weight_shape.
/// </summary>
internal sealed class ConvWeightGradientLowering : OperatorLowering
{
    public override string OperatorType => "ConvWeightGradient";

    public override void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        var window = SpatialWindow.Of(node);
        var weight = NodeAttribute.Wholes(node, "weight_shape")!;
        var group = NodeAttribute.Whole(node, "group", 1);
        var onePass = group == 1 && window.Kernel.All(taps => taps == 1) && window.Strides.All(stride => stride == 1)
            && window.Pads.All(pad => pad == 0);
        if (onePass) Multiply(graph, node, weight);
        else Convolve(graph, node, window, weight, group);
    }

    /// <summary>[O, N P] times [N P, C].</summary>
    static void Multiply(GraphBuilder graph, NodeProto node, long[] weight)
    {
        // Flatten to three axes first, so that one transposition serves every number of spatial axes.
        var x = graph.Transpose(Flat(node.Input[0], weight[1]), 0, 2, 1);
        var gradient = graph.Transpose(Flat(node.Input[1], weight[0]), 1, 0, 2);
        var product = graph.MatMul(graph.Reshape(gradient, weight[0], -1), graph.Reshape(x, -1, weight[1]));
        graph.Append("Reshape", "", [product, graph.Wholes(weight)], node.Output);

        // 0 keeps the batch, whose size no attribute tells.
        string Flat(string value, long channels) => graph.Node("Reshape", [value, graph.Wholes(0, channels, -1)]);
    }

    static void Convolve(GraphBuilder graph, NodeProto node, SpatialWindow window, long[] weight, long group)
    {
        long[] spatial = [.. Enumerable.Range(2, window.Rank).Select(axis => (long)axis)];
        var filters = graph.Transpose(node.Input[1], [1, 0, .. spatial]);
        var taps = graph.Node("Conv", [BatchAsChannels(graph, node.Input[0], weight[1], group, spatial), filters],
            NodeAttribute.Of("strides", window.Dilations), NodeAttribute.Of("dilations", window.Strides),
            NodeAttribute.Of("pads", window.Pads), NodeAttribute.Of("group", group));
        var cut = graph.Node("Slice", [taps, graph.Wholes(new long[window.Rank]), graph.Wholes(window.Kernel), graph.Wholes(spatial)]);
        graph.Append("Transpose", "", [cut], node.Output, NodeAttribute.Of("perm", [1, 0, .. spatial]));
    }

    /// <summary>[N, G c, ...] as [c, G N, ...]: with G groups, filter o of group g meets the inputs of group g alone.</summary>
    static string BatchAsChannels(GraphBuilder graph, string x, long perGroup, long group, long[] spatial)
    {
        if (group == 1) return graph.Transpose(x, [1, 0, .. spatial]);
        var shape = graph.Node("Shape", [x], NodeAttribute.Of("start", 2L));
        var split = graph.Node("Reshape", [x, graph.Node("Concat", [graph.Wholes(-1, group, perGroup), shape], NodeAttribute.Of("axis", 0L))]);
        var turned = graph.Transpose(split, [2, 1, 0, .. spatial.Select(axis => axis + 1)]);
        return graph.Node("Reshape", [turned, graph.Node("Concat", [graph.Wholes(perGroup, -1), shape], NodeAttribute.Of("axis", 0L))]);
    }
}
