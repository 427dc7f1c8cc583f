namespace Elsa.MLNet.Onnx;

/// <summary>y = max(0, x): dx = dy where y > 0, else 0. The gradient at 0 is 0.</summary>
internal sealed class ReluGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Relu"];

    public override void Apply(GradientContext context) =>
        context.Give(0, context.Graph.ElsaNode("ReluGradient", [context.OutputGradient, context.Output()]));
}
