using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// MaxPoolGradient(dy, x, y): dx sums dy at the first maximum of each window. Attributes: kernel_shape, strides, pads,
/// dilations, ceil_mode.
/// </summary>
internal sealed class MaxPoolGradientLowering : OperatorLowering
{
    public override string OperatorType => "MaxPoolGradient";

    public override void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        var (gradient, x) = (node.Input[0], node.Input[1]);
        var shape = shapes[x];
        // Indices of maxima count through the whole flattened x.
        var indices = graph.Nodes("MaxPool", "", [x], 2, [.. node.Attribute.Select(attribute => attribute.Clone())])[1];
        var zeros = graph.Expand(graph.Number(0, shape.Type), shape.Count);
        var sums = graph.Node("ScatterElements", [zeros, graph.Reshape(indices, -1), graph.Reshape(gradient, -1)],
            NodeAttribute.Of("axis", 0L), NodeAttribute.Of("reduction", "add"));
        graph.Append("Reshape", "", [sums, graph.Wholes(shape.Dimensions)], node.Output);
    }
}
