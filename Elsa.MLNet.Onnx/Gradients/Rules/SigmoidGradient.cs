namespace Elsa.MLNet.Onnx;

/// <summary>y = 1 / (1 + exp(-x)): dx = y (1 - y) dy.</summary>
internal sealed class SigmoidGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Sigmoid"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var slope = graph.Mul(context.Output(), graph.Sub(context.Number(1), context.Output()));
        context.Give(0, graph.Mul(context.OutputGradient, slope));
    }
}
