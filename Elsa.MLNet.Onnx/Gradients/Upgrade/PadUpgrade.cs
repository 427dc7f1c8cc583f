namespace Elsa.MLNet.Onnx;

/// <summary>What Pad pads, and with which value, became inputs at opset 11.</summary>
internal sealed class PadUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Pad"];

    public override long Since => 11;

    public override void Apply(UpgradeContext context)
    {
        context.MoveToInput("pads", 1);
        if (context.Take("value") is { F: not 0 } value)
            context.SetInput(2, context.NumberLike(value.F, context.Node.Input[0]));
        context.Keep();
    }
}
