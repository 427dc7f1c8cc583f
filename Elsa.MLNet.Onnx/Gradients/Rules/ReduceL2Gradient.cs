namespace Elsa.MLNet.Onnx;

/// <summary>y = root of the sum of x x: dx = x dy / y. The gradient at the origin, where y = 0, is 0.</summary>
internal sealed class ReduceL2Gradient : ReductionGradient
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ReduceL2"];

    protected override bool PassesWithoutAxes => false;

    protected override string Gradient(GradientContext context, Reduction reduction, string gradient)
    {
        var graph = context.Graph;
        var (norm, none) = (reduction.Kept(context.Output()), context.Number(0));
        var atOrigin = graph.Node("Equal", [norm, none]);
        return graph.Mul(context.Input(0), graph.Where(atOrigin, none, graph.Div(gradient, norm)));
    }
}
