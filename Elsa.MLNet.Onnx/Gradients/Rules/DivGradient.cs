namespace Elsa.MLNet.Onnx;

/// <summary>z = a / b: da = dz / b, db = -z dz / b.</summary>
internal sealed class DivGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Div"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var quotient = graph.Div(context.OutputGradient, context.Input(1));
        if (context.Needs(0)) context.GiveSummed(0, quotient);
        if (context.Needs(1)) context.Give(1, graph.Neg(context.Summed(1, graph.Mul(quotient, context.Output()))));
    }
}
