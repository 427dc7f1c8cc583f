namespace Elsa.MLNet.Onnx;

/// <summary>y = x where x > alpha, else 0: dx = dy where x > alpha, else 0.</summary>
internal sealed class ThresholdedReluGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ThresholdedRelu"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var passed = graph.Node("Greater", [context.Input(0), context.Number(context.Real("alpha", 1))]);
        context.Give(0, graph.Where(passed, context.OutputGradient, context.Number(0)));
    }
}
