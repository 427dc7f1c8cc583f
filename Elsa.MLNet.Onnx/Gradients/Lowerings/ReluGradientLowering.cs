using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>ReluGradient(dy, y) = dy where y > 0, else 0.</summary>
internal sealed class ReluGradientLowering : OperatorLowering
{
    public override string OperatorType => "ReluGradient";

    public override void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        var zero = graph.Number(0, shapes[node.Input[1]].Type);
        graph.Append("Where", "", [graph.Node("Greater", [node.Input[1], zero]), node.Input[0], zero], node.Output);
    }
}
