namespace Elsa.MLNet.Onnx;

/// <summary>y = x where x > 0, else alpha x: dx = dy where x > 0, else alpha dy. At 0 the slope is alpha.</summary>
internal sealed class LeakyReluGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["LeakyRelu"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var positive = graph.Node("Greater", [context.Input(0), context.Number(0)]);
        var slope = graph.Where(positive, context.Number(1), context.Number(context.Real("alpha", 0.01f)));
        context.Give(0, graph.Mul(context.OutputGradient, slope));
    }
}
