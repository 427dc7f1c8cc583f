namespace Elsa.MLNet.Onnx;

/// <summary>y = sin(x): dx = cos(x) dy.</summary>
internal sealed class SinGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Sin"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        context.Give(0, graph.Mul(context.OutputGradient, graph.Node("Cos", [context.Input(0)])));
    }
}
