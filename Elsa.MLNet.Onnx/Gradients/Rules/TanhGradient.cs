namespace Elsa.MLNet.Onnx;

/// <summary>y = tanh(x): dx = (1 - y y) dy.</summary>
internal sealed class TanhGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Tanh"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var slope = graph.Sub(context.Number(1), graph.Mul(context.Output(), context.Output()));
        context.Give(0, graph.Mul(context.OutputGradient, slope));
    }
}
