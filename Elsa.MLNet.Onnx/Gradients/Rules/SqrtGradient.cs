namespace Elsa.MLNet.Onnx;

/// <summary>y = sqrt(x): dx = dy / 2y. Infinite at 0, as the slope is.</summary>
internal sealed class SqrtGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Sqrt"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        context.Give(0, graph.Div(context.OutputGradient, graph.Add(context.Output(), context.Output())));
    }
}
