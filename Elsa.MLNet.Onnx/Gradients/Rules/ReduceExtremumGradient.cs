namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = the greatest of x, or the least: dx = dy where x = y, else 0. Values that tie share it evenly.
/// </summary>
internal sealed class ReduceExtremumGradient : ReductionGradient
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ReduceMax", "ReduceMin"];

    protected override bool PassesWithoutAxes => true;

    protected override string Gradient(GradientContext context, Reduction reduction, string gradient)
    {
        var graph = context.Graph;
        var chosen = graph.Node("Equal", [context.Input(0), reduction.Kept(context.Output())]);
        var ones = graph.Cast(chosen, context.Type);
        var ties = graph.Sum(ones, reduction.Axes, keepDimensions: true);
        return graph.Mul(ones, graph.Div(gradient, ties));
    }
}
