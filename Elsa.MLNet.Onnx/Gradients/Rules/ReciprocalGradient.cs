namespace Elsa.MLNet.Onnx;

/// <summary>y = 1/x: dx = -y y dy.</summary>
internal sealed class ReciprocalGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Reciprocal"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var slope = graph.Mul(context.Output(), graph.Neg(context.Output()));
        context.Give(0, graph.Mul(context.OutputGradient, slope));
    }
}
