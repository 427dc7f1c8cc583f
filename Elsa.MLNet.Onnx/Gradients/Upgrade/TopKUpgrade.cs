namespace Elsa.MLNet.Onnx;

/// <summary>How many TopK takes became an input at opset 10.</summary>
internal sealed class TopKUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["TopK"];

    public override long Since => 10;

    public override void Apply(UpgradeContext context)
    {
        if (context.Take("k") is { } count) context.SetInput(1, context.Graph.Wholes(count.I));
        context.Keep();
    }
}
