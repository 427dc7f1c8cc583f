namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = u s + b with u = (x - m) k, the mean m and k = 1 / sqrt(v + epsilon) over the axes from the attribute axis on:
/// with g = dy s, dx = k (g - mean g - u mean(g u)); ds = sum dy u and db = sum dy over the axes before.
/// </summary>
internal sealed class LayerNormalizationGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["LayerNormalization"];

    public override void Apply(GradientContext context)
    {
        if (context.OutputGradientOrNull(1) is not null || context.OutputGradientOrNull(2) is not null)
            throw context.Unsupported("its mean or inverse deviation leads to the loss");
        var (graph, shape, gradient) = (context.Graph, context.InputShape(0), context.OutputGradient);
        var first = shape.Axis(context.Whole("axis", -1));
        long[] axes = [.. Enumerable.Range(first, shape.Rank - first).Select(axis => (long)axis)];
        if (context.Needs(2)) context.GiveSummed(2, gradient);
        if (!context.Needs(0) && !context.Needs(1)) return;
        var (standard, inverse) = Standardization.Of(graph, context.Input(0), axes, context.Real("epsilon", 1e-5f),
            shape.Type);
        if (context.Needs(1)) context.GiveSummed(1, graph.Mul(gradient, standard));
        if (context.Needs(0))
            context.Give(0, Standardization.InputGradient(graph, graph.Mul(gradient, context.Input(1)), standard,
                inverse, axes));
    }
}
