namespace Elsa.MLNet.Onnx;

/// <summary>y = erf(x): dx = 2 / sqrt(pi) exp(-x x) dy.</summary>
internal sealed class ErfGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Erf"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var bell = graph.Node("Exp", [graph.Neg(graph.Mul(context.Input(0), context.Input(0)))]);
        var slope = graph.Mul(bell, context.Number(2 / Math.Sqrt(Math.PI)));
        context.Give(0, graph.Mul(context.OutputGradient, slope));
    }
}
