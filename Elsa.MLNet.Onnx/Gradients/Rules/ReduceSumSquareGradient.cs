namespace Elsa.MLNet.Onnx;

/// <summary>y = sum of x x: dx = 2 x dy.</summary>
internal sealed class ReduceSumSquareGradient : ReductionGradient
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ReduceSumSquare"];

    protected override bool PassesWithoutAxes => false;

    protected override string Gradient(GradientContext context, Reduction reduction, string gradient) =>
        context.Graph.Mul(context.Input(0), context.Graph.Add(gradient, gradient));
}
