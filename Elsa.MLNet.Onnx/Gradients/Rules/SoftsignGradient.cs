namespace Elsa.MLNet.Onnx;

/// <summary>y = x / (1 + |x|): dx = (1 - |y|)^2 dy.</summary>
internal sealed class SoftsignGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Softsign"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var root = graph.Sub(context.Number(1), graph.Node("Abs", [context.Output()]));
        context.Give(0, graph.Mul(context.OutputGradient, graph.Mul(root, root)));
    }
}
