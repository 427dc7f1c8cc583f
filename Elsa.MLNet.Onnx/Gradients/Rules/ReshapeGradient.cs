namespace Elsa.MLNet.Onnx;

/// <summary>y = x in another shape (Reshape, Flatten, Squeeze, Unsqueeze): dx = dy in the shape of x.</summary>
internal sealed class ReshapeGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Flatten", "Reshape", "Squeeze", "Unsqueeze"];

    public override void Apply(GradientContext context)
    {
        if (context.Needs(0))
            context.Give(0, context.Graph.Reshape(context.OutputGradient, context.InputShape(0).Dimensions));
    }
}
