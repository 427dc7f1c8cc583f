namespace Elsa.MLNet.Onnx;

/// <summary>
/// Pools over all p spatial elements. GlobalAveragePool: dx = dy / p everywhere. GlobalMaxPool: dx = dy at the first
/// maximum in row-major order, else 0.
/// </summary>
internal sealed class GlobalPoolGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["GlobalAveragePool", "GlobalMaxPool"];

    public override void Apply(GradientContext context)
    {
        var (graph, shape) = (context.Graph, context.InputShape(0));
        var kernel = shape.Dimensions[2..];
        if (context.Node.OpType == "GlobalAveragePool")
        {
            var share = graph.Div(context.OutputGradient, context.Number(kernel.Aggregate(1L,
                (product, taps) => product * taps)));
            context.Give(0, graph.Expand(share, shape.Dimensions));
            return;
        }
        long[] ones = [.. Enumerable.Repeat(1L, kernel.Length)];
        var window = new SpatialWindow(kernel, ones, new long[2 * kernel.Length], ones);
        context.Give(0, graph.ElsaNode("MaxPoolGradient", [context.OutputGradient, context.Input(0), context.Output()],
            [.. window.Attributes, NodeAttribute.Of("ceil_mode", 0L)]));
    }
}
