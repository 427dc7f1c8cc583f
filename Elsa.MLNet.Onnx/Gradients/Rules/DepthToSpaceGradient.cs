namespace Elsa.MLNet.Onnx;

/// <summary>
/// Channels become blocks of pixels. The order depth, column, row (DCR) is undone by SpaceToDepth. In the order
/// column, row, depth (CRD), y [b, c, h, s, w, s] is x [b, c, s, s, h, w] with axes in another order, which is put
/// back.
/// </summary>
internal sealed class DepthToSpaceGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["DepthToSpace"];

    public override void Apply(GradientContext context)
    {
        var (graph, gradient, shape) = (context.Graph, context.OutputGradient, context.InputShape(0).Dimensions);
        var size = context.Whole("blocksize", 1);
        if (context.Text("mode", "DCR") == "DCR")
        {
            context.Give(0, graph.Node("SpaceToDepth", [gradient], NodeAttribute.Of("blocksize", size)));
            return;
        }
        var blocks = graph.Reshape(gradient, shape[0], shape[1] / (size * size), shape[2], size, shape[3], size);
        context.Give(0, graph.Reshape(graph.Transpose(blocks, 0, 1, 3, 5, 2, 4), shape));
    }
}
