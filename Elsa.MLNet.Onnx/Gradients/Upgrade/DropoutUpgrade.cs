namespace Elsa.MLNet.Onnx;

/// <summary>
/// The ratio of Dropout became an input at opset 12, where a further input says whether it drops at all; before, it
/// never did, and its mask was left at 0 where it now is 1 if nothing is dropped. The mask became boolean at opset
/// 10; before, it had the type of the data.
/// </summary>
internal sealed class DropoutUpgrade : OperatorUpgrade
{
    const float DefaultRatio = 0.5f;

    public override IReadOnlyList<string> OperatorTypes { get; } = ["Dropout"];

    public override long Since => 12;

    public override void Apply(UpgradeContext context)
    {
        context.SetInput(1, context.Graph.Number(context.Take("ratio")?.F ?? DefaultRatio));
        if (!context.HasOutput(1))
        {
            context.Keep();
            return;
        }
        var (graph, mask) = (context.Graph, context.Node.Output[1]);
        context.Node.Output[1] = graph.Name("mask");
        context.Keep();
        if (context.Opset >= 10) graph.Append("Not", "", [context.Node.Output[1]], [mask]);
        else graph.Append("CastLike", "", [graph.Node("Not", [context.Node.Output[1]]), context.Node.Input[0]], [mask]);
    }
}
