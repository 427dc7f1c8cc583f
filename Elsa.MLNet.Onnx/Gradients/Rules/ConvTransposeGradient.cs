namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = ConvTranspose(x, w) + b is the input gradient of a convolution with the weight w of shape [C, M / group, taps], so
/// dx is that convolution of dy, and dw its weight gradient with dy as the input and x as the output's gradient; db sums dy
/// over all axes but 1.
/// </summary>
internal sealed class ConvTransposeGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["ConvTranspose"];

    public override void Apply(GradientContext context)
    {
        var (input, weight) = (context.InputShape(0).Dimensions, context.InputShape(1).Dimensions);
        var window = SpatialWindow.OfTransposed(context, weight[2..]);
        var (graph, gradient) = (context.Graph, context.OutputGradient);
        var group = NodeAttribute.Of("group", context.Whole("group", 1));
        if (context.Needs(0))
        {
            var whole = graph.Node("Conv", [gradient, context.Input(1)], [.. window.Attributes, group]);
            context.Give(0, Cut(context, window, whole));
        }
        if (context.Needs(1))
            context.Give(1, graph.ElsaNode("ConvWeightGradient", [gradient, context.Input(0)],
                [.. window.Attributes, group, NodeAttribute.Of("weight_shape", weight)]));
        if (context.Needs(2)) context.Give(2, Channels.Sum(graph, gradient, input.Length));
    }

    /// <summary>Drops windows that begin in the output padding, which no element of x wrote.</summary>
    static string Cut(GradientContext context, SpatialWindow window, string value)
    {
        var (input, output) = (context.InputShape(0).Dimensions[2..], context.OutputShape().Dimensions[2..]);
        if (Enumerable.Range(0, window.Rank).All(axis => window.Windows(axis, output[axis]) == input[axis])) return value;
        long[] axes = [.. Enumerable.Range(2, window.Rank).Select(axis => (long)axis)];
        return context.Graph.Node("Slice", [value, context.Graph.Wholes(new long[window.Rank]), context.Graph.Wholes(input),
            context.Graph.Wholes(axes)]);
    }
}
