namespace Elsa.MLNet.Onnx;

/// <summary>y = x, as nothing is dropped outside of training mode: dx = dy.</summary>
internal sealed class DropoutGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Dropout"];

    public override void Apply(GradientContext context)
    {
        if (context.HasInput(2) && context.FlagInput(2))
            throw context.Unsupported("its input training_mode is true, so that it drops values; it must be false");
        context.Give(0, context.OutputGradient);
    }
}
