namespace Elsa.MLNet.Onnx;

/// <summary>y = sum of x: dx = dy.</summary>
internal sealed class ReduceSumGradient : ReductionGradient
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ReduceSum"];

    protected override bool PassesWithoutAxes => true;

    protected override string Gradient(GradientContext context, Reduction reduction, string gradient) =>
        reduction.Repeated(gradient);
}
