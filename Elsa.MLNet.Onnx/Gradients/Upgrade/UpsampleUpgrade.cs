namespace Elsa.MLNet.Onnx;

/// <summary>Upsample, whose scales are an attribute at opset 7 and an input at 9, became Resize at opset 10.</summary>
internal sealed class UpsampleUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Upsample"];

    public override long Since => OpsetUpgrade.Target;

    public override void Apply(UpgradeContext context)
    {
        var scales = context.Take("scales") is { } values
            ? context.Graph.Numbers([.. values.Floats], values.Floats.Count) : context.Node.Input[1];
        AsymmetricResize.Append(context, scales);
    }
}
