namespace Elsa.MLNet.Onnx;

/// <summary>
/// y[n,o,p] = b[o] + sum over c and taps t of w[o,c,t] x[n,c,ps+td-pad], c in the group of o. dx[n,c,i] sums w[o,c,t]
/// dy[n,o,p] over all o, t, p that read i; dw[o,c,t] sums dy[n,o,p] x[n,c,ps+td-pad] over n and p; db sums dy over all
/// axes but 1.
/// </summary>
internal sealed class ConvGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Conv"];

    public override void Apply(GradientContext context)
    {
        var (input, weight) = (context.InputShape(0).Dimensions, context.InputShape(1).Dimensions);
        var window = SpatialWindow.Of(context, weight[2..]);
        for (var axis = 0; axis < window.Rank; axis++)
            if (window.Windows(axis, input[2 + axis]) != context.OutputShape().Dimensions[2 + axis])
                throw context.Unsupported($"its auto_pad '{context.Text("auto_pad", "NOTSET")}' does not give " +
                    $"the shape {context.OutputShape()} that its output has");
        var group = NodeAttribute.Of("group", context.Whole("group", 1));
        if (context.Needs(0))
            context.Give(0, context.Graph.ElsaNode("ConvInputGradient", [context.OutputGradient, context.Input(1)],
                [.. window.Attributes, group, NodeAttribute.Of("input_shape", input)]));
        if (context.Needs(1))
            context.Give(1, context.Graph.ElsaNode("ConvWeightGradient", [context.Input(0), context.OutputGradient],
                [.. window.Attributes, group, NodeAttribute.Of("weight_shape", weight)]));
        if (context.Needs(2)) context.Give(2, Channels.Sum(context.Graph, context.OutputGradient, input.Length));
    }
}
