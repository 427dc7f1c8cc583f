namespace Elsa.MLNet.Onnx;

/// <summary>y = x, broadcast: dx is dy summed over what was repeated.</summary>
internal sealed class ExpandGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Expand"];

    public override void Apply(GradientContext context)
    {
        if (context.Needs(0)) context.GiveSummed(0, context.OutputGradient);
    }
}
