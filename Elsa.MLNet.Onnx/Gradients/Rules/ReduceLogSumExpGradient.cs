namespace Elsa.MLNet.Onnx;

/// <summary>y = ln(sum of exp(x)): dx = exp(x - y) dy.</summary>
internal sealed class ReduceLogSumExpGradient : ReductionGradient
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ReduceLogSumExp"];

    protected override bool PassesWithoutAxes => false;

    protected override string Gradient(GradientContext context, Reduction reduction, string gradient)
    {
        var graph = context.Graph;
        var share = graph.Node("Exp", [graph.Sub(context.Input(0), reduction.Kept(context.Output()))]);
        return graph.Mul(share, gradient);
    }
}
