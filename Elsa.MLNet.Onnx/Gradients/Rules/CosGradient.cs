namespace Elsa.MLNet.Onnx;

/// <summary>y = cos(x): dx = -sin(x) dy.</summary>
internal sealed class CosGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Cos"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var slope = graph.Neg(graph.Node("Sin", [context.Input(0)]));
        context.Give(0, graph.Mul(context.OutputGradient, slope));
    }
}
