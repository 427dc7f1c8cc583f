namespace Elsa.MLNet.Onnx;

/// <summary>y = x: dx = dy.</summary>
internal sealed class IdentityGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Identity"];

    public override void Apply(GradientContext context) => context.Give(0, context.OutputGradient);
}
