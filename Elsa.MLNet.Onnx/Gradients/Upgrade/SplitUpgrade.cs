namespace Elsa.MLNet.Onnx;

/// <summary>The sizes of Split became an input at opset 13; without them, opset 18 wants the number of parts.</summary>
internal sealed class SplitUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Split"];

    public override long Since => 18;

    public override void Apply(UpgradeContext context)
    {
        if (context.Opset < 13) context.MoveToInput("split", 1);
        if (!context.HasInput(1))
            context.Node.Attribute.Add(NodeAttribute.Of("num_outputs", (long)context.Node.Output.Count));
        context.Keep();
    }
}
