namespace Elsa.MLNet.Onnx;

/// <summary>
/// At opset 9 BatchNormalization lost the attribute spatial, and at 14 a training mode took the place of its four
/// further outputs.
/// </summary>
internal sealed class BatchNormalizationUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["BatchNormalization"];

    public override long Since => 14;

    public override void Apply(UpgradeContext context)
    {
        if (context.Take("spatial") is { I: 0 })
            throw context.Unsupported("it normalises every element by itself (spatial is 0), as later opsets cannot");
        for (var output = 1; output < context.Node.Output.Count; output++)
            if (context.HasOutput(output))
                throw context.Unsupported("it has outputs besides the first, with which it trains instead of scoring");
        while (context.Node.Output.Count > 1) context.Node.Output.RemoveAt(1);
        context.Keep();
    }
}
