namespace Elsa.MLNet.Onnx;

/// <summary>z = a - b: da = dz, db = -dz.</summary>
internal sealed class SubGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Sub"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        if (context.Needs(0)) context.GiveSummed(0, context.OutputGradient);
        if (context.Needs(1)) context.Give(1, graph.Neg(context.Summed(1, context.OutputGradient)));
    }
}
