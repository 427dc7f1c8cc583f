namespace Elsa.MLNet.Onnx;

/// <summary>y = ln(1 + exp(x)): dx = sigmoid(x) dy.</summary>
internal sealed class SoftplusGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Softplus"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        context.Give(0, graph.Mul(context.OutputGradient, graph.Node("Sigmoid", [context.Input(0)])));
    }
}
