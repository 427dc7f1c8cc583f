namespace Elsa.MLNet.Onnx;

/// <summary>z = a b: da = b dz, db = a dz.</summary>
internal sealed class MulGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Mul"];

    public override void Apply(GradientContext context)
    {
        for (var index = 0; index < 2; index++)
            if (context.Needs(index))
                context.GiveSummed(index, context.Graph.Mul(context.OutputGradient, context.Input(1 - index)));
    }
}
