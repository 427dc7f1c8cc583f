namespace Elsa.MLNet.Onnx;

/// <summary>y = ln(sum of x): dx = exp(-y) dy.</summary>
internal sealed class ReduceLogSumGradient : ReductionGradient
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ReduceLogSum"];

    protected override bool PassesWithoutAxes => false;

    protected override string Gradient(GradientContext context, Reduction reduction, string gradient)
    {
        var graph = context.Graph;
        var slope = graph.Node("Exp", [graph.Neg(reduction.Kept(context.Output()))]);
        return reduction.Repeated(graph.Mul(gradient, slope));
    }
}
