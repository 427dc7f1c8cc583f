namespace Elsa.MLNet.Onnx;

/// <summary>y = exp(x): dx = y dy.</summary>
internal sealed class ExpGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Exp"];

    public override void Apply(GradientContext context) =>
        context.Give(0, context.Graph.Mul(context.OutputGradient, context.Output()));
}
