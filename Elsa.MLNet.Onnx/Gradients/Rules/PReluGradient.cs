namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = x where x > 0, else s x, with s broadcast to x: dx = dy where x > 0, else s dy; ds = min(x, 0) dy. At 0 the
/// slope is s.
/// </summary>
internal sealed class PReluGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["PRelu"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        if (context.Needs(0))
        {
            var positive = graph.Node("Greater", [context.Input(0), context.Number(0)]);
            var slope = graph.Where(positive, context.Number(1), context.Input(1));
            context.Give(0, graph.Mul(context.OutputGradient, slope));
        }
        if (context.Needs(1))
        {
            var negative = graph.Node("Min", [context.Input(0), context.Number(0)]);
            context.GiveSummed(1, graph.Mul(context.OutputGradient, negative));
        }
    }
}
