namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = x held between two bounds, either of which may be missing: dx = dy where y = x, else 0. At a bound the
/// gradient passes; where x is NaN it is 0.
/// </summary>
internal sealed class ClipGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Clip"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        if (context.Needs(1) || context.Needs(2))
            throw context.Unsupported("one of its bounds depends on a trained weight; bounds must not");
        var inside = graph.Node("Equal", [context.Input(0), context.Output()]);
        context.Give(0, graph.Where(inside, context.OutputGradient, context.Number(0)));
    }
}
