namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = (x - m) k s + b per channel with k = 1 / sqrt(v + epsilon), running mean m and variance v constants: dx = dy k
/// s, ds = k sum dy (x - m), db = sum dy, sums over all axes but 1.
/// </summary>
internal sealed class BatchNormalizationGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["BatchNormalization"];

    public override void Apply(GradientContext context)
    {
        if (context.Whole("training_mode", 0) != 0)
            throw context.Unsupported("its training_mode is 1; export the model for inference, with training_mode 0");
        if (context.Needs(3) || context.Needs(4))
            throw context.Unsupported("its running mean or variance is trained; they are statistics, not weights");
        if (Enumerable.Range(1, 4).Any(index => context.InputShape(index).Type != context.Type))
            throw context.Unsupported("its inputs have different element types");
        var (graph, rank, channels) = (context.Graph, context.InputShape(0).Rank, context.InputShape(1).Count);
        var factor = Standardization.InverseDeviation(graph, context.Input(4), context.Real("epsilon", 1e-5f),
            context.Type);
        var gradient = context.OutputGradient;
        if (context.Needs(0))
            context.Give(0, graph.Mul(gradient, Channels.Spread(graph, graph.Mul(context.Input(1), factor), channels,
                rank)));
        if (context.Needs(1))
        {
            var centred = graph.Sub(context.Input(0), Channels.Spread(graph, context.Input(3), channels, rank));
            context.Give(1, graph.Mul(Channels.Sum(graph, graph.Mul(gradient, centred), rank), factor));
        }
        if (context.Needs(2)) context.Give(2, Channels.Sum(graph, gradient, rank));
    }
}
