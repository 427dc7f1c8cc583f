namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = the largest x of each window: dx sums dy of the windows whose maximum it is. Of several equal maxima of a
/// window the first in row-major order gets the gradient.
/// </summary>
internal sealed class MaxPoolGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["MaxPool"];

    public override void Apply(GradientContext context)
    {
        var (input, output) = (context.InputShape(0).Dimensions[2..], context.OutputShape().Dimensions[2..]);
        var window = SpatialWindow.Of(context, context.Wholes("kernel_shape")!);
        var rounded = false;
        for (var axis = 0; axis < window.Rank; axis++)
        {
            rounded |= window.Windows(axis, input[axis]) != output[axis];
            for (var index = 0L; index < output[axis]; index++)
                if (!window.Taps(axis, index).Any(tap => tap >= 0 && tap < input[axis]))
                    throw context.Unsupported($"its window {index} of spatial axis {axis} lies wholly in the padding");
        }
        context.Give(0, context.Graph.ElsaNode("MaxPoolGradient", [context.OutputGradient, context.Input(0),
            context.Output()],
            [.. window.Attributes, NodeAttribute.Of("ceil_mode", rounded ? 1L : 0)]));
    }
}
