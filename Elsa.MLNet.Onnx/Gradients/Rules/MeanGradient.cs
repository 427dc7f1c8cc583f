namespace Elsa.MLNet.Onnx;

/// <summary>z = (a + b + ...) / n: every one of the n terms gets dz / n.</summary>
internal sealed class MeanGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Mean"];

    public override void Apply(GradientContext context)
    {
        var share = context.Graph.Mul(context.OutputGradient, context.Number(1.0 / context.InputCount));
        for (var index = 0; index < context.InputCount; index++)
            if (context.Needs(index)) context.GiveSummed(index, share);
    }
}
