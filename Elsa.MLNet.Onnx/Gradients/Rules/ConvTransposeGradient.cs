namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = ConvTranspose(x, w) + b is the input gradient of a convolution with the weight w of shape [C, M / group, taps],
/// so dx is that convolution of dy, and dw its weight gradient with dy as the input and x as the output's gradient; db
/// sums dy over all axes but 1.
/// </summary>
internal sealed class ConvTransposeGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ConvTranspose"];

    public override void Apply(GradientContext context)
    {
        var (input, weight) = (context.InputShape(0).Dimensions, context.InputShape(1).Dimensions);
        var window = SpatialWindow.OfTransposed(context, weight[2..]);
        for (var axis = 0; axis < window.Rank; axis++)
            if (window.Windows(axis, context.OutputShape().Dimensions[2 + axis]) != input[2 + axis])
                throw context.Unsupported($"its output of shape {context.OutputShape()} is longer than " +
                    "its strides can lead to");
        var (graph, gradient) = (context.Graph, context.OutputGradient);
        var group = NodeAttribute.Of("group", context.Whole("group", 1));
        if (context.Needs(0))
            context.Give(0, graph.Node("Conv", [gradient, context.Input(1)], [.. window.Attributes, group]));
        if (context.Needs(1))
            context.Give(1, graph.ElsaNode("ConvWeightGradient", [gradient, context.Input(0)],
                [.. window.Attributes, group, NodeAttribute.Of("weight_shape", weight)]));
        if (context.Needs(2)) context.Give(2, Channels.Sum(graph, gradient, input.Length));
    }
}
