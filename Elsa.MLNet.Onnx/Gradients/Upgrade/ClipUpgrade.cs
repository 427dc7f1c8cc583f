namespace Elsa.MLNet.Onnx;

/// <summary>The bounds of Clip became inputs at opset 11; without one there is no bound.</summary>
internal sealed class ClipUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Clip"];

    public override long Since => 11;

    public override void Apply(UpgradeContext context)
    {
        var data = context.Node.Input[0];
        if (context.Take("min") is { } lowest) context.SetInput(1, context.NumberLike(lowest.F, data));
        if (context.Take("max") is { } highest) context.SetInput(2, context.NumberLike(highest.F, data));
        context.Keep();
    }
}
