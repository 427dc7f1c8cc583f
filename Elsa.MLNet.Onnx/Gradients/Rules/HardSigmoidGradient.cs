namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = alpha x + beta, held between 0 and 1: dx = alpha dy where 0 &lt; y &lt; 1, else 0. The gradient at the kinks
/// is 0.
/// </summary>
internal sealed class HardSigmoidGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["HardSigmoid"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var above = graph.Node("Greater", [context.Output(), context.Number(0)]);
        var below = graph.Node("Less", [context.Output(), context.Number(1)]);
        var slope = graph.Where(graph.Node("And", [above, below]),
            context.Number(context.Real("alpha", 0.2f)), context.Number(0));
        context.Give(0, graph.Mul(context.OutputGradient, slope));
    }
}
