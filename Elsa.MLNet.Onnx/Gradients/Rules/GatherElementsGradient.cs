namespace Elsa.MLNet.Onnx;

/// <summary>y = x at an index per element along an axis: dx is the scattered sum of dy.</summary>
internal sealed class GatherElementsGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["GatherElements"];

    public override void Apply(GradientContext context)
    {
        var zeros = context.Graph.Zeros(context.Type, context.InputShape(0).Dimensions);
        if (context.Needs(0))
            context.Give(0, context.Graph.Node("ScatterElements", [zeros, context.Input(1), context.OutputGradient],
                NodeAttribute.Of("axis", context.Whole("axis", 0)), NodeAttribute.Of("reduction", "add")));
    }
}
