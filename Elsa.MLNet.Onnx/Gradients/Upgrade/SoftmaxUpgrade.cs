namespace Elsa.MLNet.Onnx;

/// <summary>
/// Before opset 13 Softmax and its kin work on a matrix: axes before <c>axis</c> are its rows, those from it on its
/// columns. Since then they work along one axis, which is the same where it is the last one.
/// </summary>
internal sealed class SoftmaxUpgrade : OperatorUpgrade
{
    const long DefaultAxis = 1;

    public override IReadOnlyList<string> OperatorTypes { get; } = ["Hardmax", "LogSoftmax", "Softmax"];

    public override long Since => 13;

    public override void Apply(UpgradeContext context)
    {
        var (graph, node) = (context.Graph, context.Node);
        var axis = context.Take("axis")?.I ?? DefaultAxis;
        node.Attribute.Add(NodeAttribute.Of("axis", -1));
        if (axis == -1 || (context.Rank(node.Input[0]) ?? context.Rank(node.Output[0])) == axis + 1)
        {
            context.Keep();
            return;
        }
        var (data, output) = (node.Input[0], node.Output[0]);
        node.Input[0] = graph.Node("Flatten", [data], NodeAttribute.Of("axis", axis));
        node.Output[0] = graph.Name(node.OpType);
        node.Name = node.Output[0];
        context.Keep();
        graph.Append("Reshape", "", [node.Output[0], graph.Node("Shape", [data])], [output],
            NodeAttribute.Of("allowzero", 1));
    }
}
