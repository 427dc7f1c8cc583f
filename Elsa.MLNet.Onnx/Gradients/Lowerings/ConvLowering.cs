using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>Conv(x, w, b?) -> y: as ONNX's Conv, and max(y, 0) if the attribute relu is 1.</summary>
internal sealed class ConvLowering : OperatorLowering
{
    public override string OperatorType => "Conv";

    public override void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        var attributes = node.Attribute.Where(attribute => attribute.Name != "relu").ToArray();
        if (NodeAttribute.Whole(node, "relu", 0) == 0) graph.Append("Conv", "", node.Input, node.Output, attributes);
        else graph.Append("Relu", "", [graph.Node("Conv", node.Input, attributes)], node.Output);
    }
}
