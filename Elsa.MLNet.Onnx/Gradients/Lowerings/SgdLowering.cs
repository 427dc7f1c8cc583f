using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Sgd(w, g, v, trained, rate) -> next w, next v: next v = momentum v + (g where trained, else 0) + decay w, next w = w
/// - rate (next v) where trained, else w. Attributes: momentum, decay.
/// </summary>
internal sealed class SgdLowering : OperatorLowering
{
    public override string OperatorType => "Sgd";

    public override void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        var (w, v, trained) = (node.Input[0], node.Input[2], node.Input[3]);
        var momentum = graph.Number(NodeAttribute.Number(node, "momentum", 0));
        var decay = NodeAttribute.Number(node, "decay", 0);
        var gradient = graph.Where(trained, node.Input[1], graph.Number(0));
        if (decay > 0) gradient = graph.Add(gradient, graph.Mul(w, graph.Number(decay)));
        graph.Append("Add", "", [graph.Mul(v, momentum), gradient], [node.Output[1]]);
        var moved = graph.Sub(w, graph.Mul(node.Output[1], node.Input[4]));
        graph.Append("Where", "", [trained, moved, w], [node.Output[0]]);
    }
}
