namespace Elsa.MLNet.Onnx;

/// <summary>z = a + b (Add), and z = a + b + ... (Sum): every term gets dz.</summary>
internal sealed class AddGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Add", "Sum"];

    public override void Apply(GradientContext context)
    {
        for (var index = 0; index < context.InputCount; index++)
            if (context.Needs(index)) context.GiveSummed(index, context.OutputGradient);
    }
}
