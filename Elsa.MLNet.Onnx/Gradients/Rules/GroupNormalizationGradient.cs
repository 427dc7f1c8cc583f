namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = u s + b with u = (x - m) k, the mean m and k = 1 / sqrt(v + epsilon) of every example over the channels of a
/// group and all spatial axes (GroupNormalization, its scale per channel, or per group before opset 21) or over the
/// spatial axes of one channel (InstanceNormalization): with g = dy s, dx = k (g - mean g - u mean(g u)), ds = sum dy
/// u, db = sum dy.
/// </summary>
internal sealed class GroupNormalizationGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["GroupNormalization", "InstanceNormalization"];

    static readonly long[] Normalized = [2, 3];

    public override void Apply(GradientContext context)
    {
        var (graph, shape) = (context.Graph, context.InputShape(0));
        var (batch, channels) = (shape.Dimensions[0], shape.Dimensions[1]);
        var groups = context.Node.OpType == "GroupNormalization" ? context.Whole("num_groups", 1) : channels;
        long[] split = [batch, groups, channels / groups, shape.Count / (batch * channels)];
        var scales = context.InputShape(1).Count;
        long[] scaleShape = [groups, scales / groups, 1];
        var gradient = graph.Reshape(context.OutputGradient, split);
        if (context.Needs(2)) GiveScaleLike(2, gradient);
        if (!context.Needs(0) && !context.Needs(1)) return;
        var (standard, inverse) = Standardization.Of(graph, graph.Reshape(context.Input(0), split), Normalized,
            context.Real("epsilon", 1e-5f), shape.Type);
        if (context.Needs(1)) GiveScaleLike(1, graph.Mul(gradient, standard));
        if (!context.Needs(0)) return;
        var scaled = graph.Mul(gradient, graph.Reshape(context.Input(1), scaleShape));
        context.Give(0, graph.Reshape(Standardization.InputGradient(graph, scaled, standard, inverse, Normalized),
            shape.Dimensions));

        void GiveScaleLike(int index, string value) =>
            context.Give(index, graph.Reshape(Broadcasting.SumTo(graph, value, split, scaleShape), scales));
    }
}
