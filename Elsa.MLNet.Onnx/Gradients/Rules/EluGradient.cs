namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = x where x > 0, else alpha (exp(x) - 1): dx = dy where x > 0, else (y + alpha) dy. At 0 the slope is alpha.
/// </summary>
internal sealed class EluGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Elu"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var positive = graph.Node("Greater", [context.Input(0), context.Number(0)]);
        var below = graph.Add(context.Output(), context.Number(context.Real("alpha", 1)));
        context.Give(0, graph.Mul(context.OutputGradient, graph.Where(positive, context.Number(1), below)));
    }
}
