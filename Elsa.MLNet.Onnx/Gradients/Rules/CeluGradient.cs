namespace Elsa.MLNet.Onnx;

/// <summary>y = x where x > 0, else alpha (exp(x / alpha) - 1): dx = dy where x > 0, else (y / alpha + 1) dy.</summary>
internal sealed class CeluGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Celu"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var one = context.Number(1);
        var positive = graph.Node("Greater", [context.Input(0), context.Number(0)]);
        var below = graph.Add(graph.Mul(context.Output(), context.Number(1.0 / context.Real("alpha", 1))), one);
        context.Give(0, graph.Mul(context.OutputGradient, graph.Where(positive, one, below)));
    }
}
