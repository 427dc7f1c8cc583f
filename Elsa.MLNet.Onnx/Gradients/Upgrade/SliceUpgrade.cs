namespace Elsa.MLNet.Onnx;

/// <summary>The bounds of Slice became inputs at opset 10.</summary>
internal sealed class SliceUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Slice"];

    public override long Since => 10;

    public override void Apply(UpgradeContext context)
    {
        context.MoveToInput("starts", 1);
        context.MoveToInput("ends", 2);
        context.MoveToInput("axes", 3);
        context.Keep();
    }
}
