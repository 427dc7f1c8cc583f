namespace Elsa.MLNet.Onnx;

/// <summary>y = sum of n values of x, divided by n: dx = dy / n.</summary>
internal sealed class ReduceMeanGradient : ReductionGradient
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ReduceMean"];

    protected override bool PassesWithoutAxes => true;

    protected override string Gradient(GradientContext context, Reduction reduction, string gradient) =>
        reduction.Repeated(context.Graph.Mul(gradient, context.Number(1.0 / reduction.Count)));
}
