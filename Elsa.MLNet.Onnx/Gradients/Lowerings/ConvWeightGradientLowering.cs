using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// ConvWeightGradient(x, dy): dw[o,c,t] = sum of dy[n,o,p] x[n,c,ps+td-pad] over n and p. Attributes: kernel_shape,
/// strides, pads, dilations, group, weight_shape.
/// </summary>
/// <remarks>
/// Without groups that is one product of matrices per tap t, of the x it reads and dy. With groups, or few channels,
/// it is a convolution of x by dy whose channels are the batch and in which strides and dilations change places.
/// </remarks>
internal sealed class ConvWeightGradientLowering : OperatorLowering
{
    // With fewer the products are too narrow to pay.
    const int FewChannels = 4;

    public override string OperatorType => "ConvWeightGradient";

    public override void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        var window = SpatialWindow.Of(node);
        var weight = NodeAttribute.Wholes(node, "weight_shape")!;
        var group = NodeAttribute.Whole(node, "group", 1);
        if (group == 1 && weight[1] >= FewChannels && Windows(node, window, shapes) is { } windows)
            Multiply(graph, node, window, weight, windows);
        else Convolve(graph, node, window, weight, group);
    }

    /// <summary>Windows per spatial axis; null unless x or dy is a value of the forward graph.</summary>
    static long[]? Windows(NodeProto node, SpatialWindow window, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        if (shapes.TryGetValue(node.Input[1], out var gradient)) return gradient.Dimensions[2..];
        return shapes.TryGetValue(node.Input[0], out var x)
            ? [.. x.Dimensions[2..].Select((length, axis) => window.Windows(axis, length))] : null;
    }

    /// <summary>Per tap [C, N P] times [N P, O].</summary>
    static void Multiply(GraphBuilder graph, NodeProto node, SpatialWindow window, long[] weight, long[] windows)
    {
        var spatial = Spatial(window);
        var gradient = graph.Reshape(graph.Transpose(node.Input[1], [0, .. spatial, 1]), -1, weight[0]);
        var x = graph.Transpose(node.Input[0], [1, 0, .. spatial]);
        if (window.Pads.Any(pad => pad > 0))
            x = graph.Node("Pad", [x, graph.Wholes([0, 0, .. window.Pads[..window.Rank], 0, 0,
                .. window.Pads[window.Rank..]])]);
        var products = Taps(window.Kernel).Select(tap =>
            graph.MatMul(graph.Reshape(Read(graph, x, window, windows, tap), weight[1], -1), gradient)).ToList();
        var stacked = graph.Reshape(graph.Node("Concat", products, NodeAttribute.Of("axis", 0L)),
            [.. window.Kernel, weight[1], weight[0]]);
        graph.Append("Transpose", "", [stacked], node.Output,
            NodeAttribute.Of("perm", [window.Rank + 1, window.Rank, .. spatial.Select(axis => axis - 2)]));
    }

    /// <summary>What a tap reads of the padded x, over all windows.</summary>
    static string Read(GraphBuilder graph, string x, SpatialWindow window, long[] windows, long[] tap)
    {
        if (window.Kernel.All(taps => taps == 1) && window.Strides.All(stride => stride == 1)) return x;
        long[] starts = [.. tap.Zip(window.Dilations, (index, dilation) => index * dilation)];
        long[] ends = [.. starts.Select((start, axis) => start + (windows[axis] - 1) * window.Strides[axis] + 1)];
        return graph.Node("Slice", [x, graph.Wholes(starts), graph.Wholes(ends), graph.Wholes(Spatial(window)),
            graph.Wholes(window.Strides)]);
    }

    /// <summary>Positions in the kernel, in row-major order.</summary>
    static IEnumerable<long[]> Taps(long[] kernel)
    {
        if (kernel.Length == 0) return [[]];
        return from first in Enumerable.Range(0, (int)kernel[0])
               from rest in Taps(kernel[1..])
               select (long[])[first, .. rest];
    }

    static void Convolve(GraphBuilder graph, NodeProto node, SpatialWindow window, long[] weight, long group)
    {
        var spatial = Spatial(window);
        var filters = graph.Transpose(node.Input[1], [1, 0, .. spatial]);
        var taps = graph.Node("Conv", [BatchAsChannels(graph, node.Input[0], weight[1], group, spatial), filters],
            NodeAttribute.Of("strides", window.Dilations), NodeAttribute.Of("dilations", window.Strides),
            NodeAttribute.Of("pads", window.Pads), NodeAttribute.Of("group", group));
        // What the strides left over of x looks like further taps.
        var cut = graph.Node("Slice", [taps, graph.Wholes(new long[window.Rank]), graph.Wholes(window.Kernel),
            graph.Wholes(spatial)]);
        graph.Append("Transpose", "", [cut], node.Output, NodeAttribute.Of("perm", [1, 0, .. spatial]));
    }

    /// <summary>[N, G c, ...] as [c, G N, ...]: with G groups, filter o of group g meets the inputs of group g
    /// alone.</summary>
    static string BatchAsChannels(GraphBuilder graph, string x, long perGroup, long group, long[] spatial)
    {
        if (group == 1) return graph.Transpose(x, [1, 0, .. spatial]);
        var lengths = graph.Node("Shape", [x], NodeAttribute.Of("start", 2L));
        var turned = graph.Transpose(Shaped(x, -1, group, perGroup), [2, 1, 0, .. spatial.Select(axis => axis + 1)]);
        return Shaped(turned, perGroup, -1);

        string Shaped(string value, params long[] lead) => graph.Node("Reshape",
            [value, graph.Node("Concat", [graph.Wholes(lead), lengths], NodeAttribute.Of("axis", 0L))]);
    }

    static long[] Spatial(SpatialWindow window) => [.. Enumerable.Range(2, window.Rank).Select(axis => (long)axis)];
}
