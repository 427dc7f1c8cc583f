namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = x (x/6 + 1/2, held between 0 and 1): dx = (x/3 + 1/2) dy where -3 &lt; x &lt; 3, dy above, 0 below. At -3
/// the slope is 0, at 3 it is 1.
/// </summary>
internal sealed class HardSwishGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["HardSwish"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var x = context.Input(0);
        var between = graph.Add(graph.Mul(x, context.Number(1.0 / 3)), context.Number(0.5));
        var above = graph.Node("GreaterOrEqual", [x, context.Number(3)]);
        var below = graph.Node("LessOrEqual", [x, context.Number(-3)]);
        var slope = graph.Where(above, context.Number(1), graph.Where(below, context.Number(0), between));
        context.Give(0, graph.Mul(context.OutputGradient, slope));
    }
}
