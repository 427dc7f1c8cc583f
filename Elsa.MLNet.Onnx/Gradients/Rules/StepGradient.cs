namespace Elsa.MLNet.Onnx;

/// <summary>Functions that are constant but for jumps: the gradient is 0, everywhere.</summary>
internal sealed class StepGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Ceil", "Floor", "Round", "Sign"];

    public override void Apply(GradientContext context)
    {
    }
}
