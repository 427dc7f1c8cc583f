namespace Elsa.MLNet.Onnx;

/// <summary>y = sum of |x|: dx = sign(x) dy. The gradient of an x that is 0 is 0.</summary>
internal sealed class ReduceL1Gradient : ReductionGradient
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ReduceL1"];

    protected override bool PassesWithoutAxes => false;

    protected override string Gradient(GradientContext context, Reduction reduction, string gradient) =>
        context.Graph.Mul(context.Graph.Node("Sign", [context.Input(0)]), gradient);
}
