namespace Elsa.MLNet.Onnx;

/// <summary>z = a where the condition holds, else b: da = dz there, db = dz elsewhere.</summary>
internal sealed class WhereGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Where"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var (condition, none) = (context.Input(0), context.Number(0));
        if (context.Needs(1)) context.GiveSummed(1, graph.Where(condition, context.OutputGradient, none));
        if (context.Needs(2)) context.GiveSummed(2, graph.Where(condition, none, context.OutputGradient));
    }
}
