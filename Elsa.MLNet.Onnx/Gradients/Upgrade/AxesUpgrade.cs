namespace Elsa.MLNet.Onnx;

/// <summary>
/// The axes of reductions, Squeeze and Unsqueeze became an input: for some at opset 13, for the others at 18.
/// </summary>
internal sealed class AxesUpgrade(long since, params IReadOnlyList<string> operatorTypes) : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = operatorTypes;

    public override long Since { get; } = since;

    public override void Apply(UpgradeContext context)
    {
        context.MoveToInput("axes", 1);
        context.Keep();
    }
}
