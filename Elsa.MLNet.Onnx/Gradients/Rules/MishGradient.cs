namespace Elsa.MLNet.Onnx;

/// <summary>y = x t with t = tanh(ln(1 + exp(x))): dx = (t + x (1 - t t) sigmoid(x)) dy.</summary>
internal sealed class MishGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Mish"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var x = context.Input(0);
        var tanh = graph.Node("Tanh", [graph.Node("Softplus", [x])]);
        var steepness = graph.Sub(context.Number(1), graph.Mul(tanh, tanh));
        var slope = graph.Add(tanh, graph.Mul(graph.Mul(x, steepness), graph.Node("Sigmoid", [x])));
        context.Give(0, graph.Mul(context.OutputGradient, slope));
    }
}
