namespace Elsa.MLNet.Onnx;

/// <summary>Scan of opset 8 has a batch axis of its own, which later ones do not.</summary>
internal sealed class ScanUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Scan"];

    public override long Since => 9;

    public override void Apply(UpgradeContext context) =>
        throw context.Unsupported("it loops over every row of a batch by itself");
}
