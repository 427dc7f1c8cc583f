namespace Elsa.MLNet.Onnx;

/// <summary>y = |x|: dx = dy sign(x). The gradient at 0 is 0.</summary>
internal sealed class AbsGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Abs"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        context.Give(0, graph.Mul(context.OutputGradient, graph.Node("Sign", [context.Input(0)])));
    }
}
