namespace Elsa.MLNet.Onnx;

/// <summary>Blocks of pixels become channels: dx is undone by DepthToSpace.</summary>
internal sealed class SpaceToDepthGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["SpaceToDepth"];

    public override void Apply(GradientContext context) => context.Give(0, context.Graph.Node("DepthToSpace",
        [context.OutputGradient], NodeAttribute.Of("blocksize", context.Whole("blocksize", 1))));
}
