namespace Elsa.MLNet.Onnx;

/// <summary>Scatter is called ScatterElements since opset 11.</summary>
internal sealed class ScatterUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Scatter"];

    public override long Since => OpsetUpgrade.Target;

    public override void Apply(UpgradeContext context)
    {
        context.Node.OpType = "ScatterElements";
        context.Keep();
    }
}
