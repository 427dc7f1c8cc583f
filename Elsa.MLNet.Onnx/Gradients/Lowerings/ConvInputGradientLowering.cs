using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// ConvInputGradient(dy, w): the transposed convolution of dy by w, with what the strides left over of the input added
/// at the end. Attributes: kernel_shape, strides, pads, dilations, group, input_shape.
/// </summary>
internal sealed class ConvInputGradientLowering : OperatorLowering
{
    public override string OperatorType => "ConvInputGradient";

    public override void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        var window = SpatialWindow.Of(node);
        var input = NodeAttribute.Wholes(node, "input_shape")!;
        var left = new long[window.Rank];
        for (var axis = 0; axis < window.Rank; axis++)
        {
            var padded = input[2 + axis] + window.Pads[axis] + window.Pads[window.Rank + axis];
            left[axis] = padded - window.Extent(axis, window.Windows(axis, input[2 + axis]));
        }
        graph.Append("ConvTranspose", "", node.Input, node.Output, [.. window.Attributes,
            NodeAttribute.Find(node, "group")!.Clone(),
            NodeAttribute.Of("output_padding", left)]);
    }
}
