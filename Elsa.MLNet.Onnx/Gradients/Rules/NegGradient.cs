namespace Elsa.MLNet.Onnx;

/// <summary>y = -x: dx = -dy.</summary>
internal sealed class NegGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Neg"];

    public override void Apply(GradientContext context) =>
        context.Give(0, context.Graph.Neg(context.OutputGradient));
}
