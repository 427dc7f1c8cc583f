namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = (x - m) k s + b per channel, k = 1 / sqrt(v + epsilon), with the batch's mean m and biased variance v, which
/// depend on x. With u = (x - m) k and n values per channel: db = sum dy, ds = sum dy u, dx = k s (dy - db / n - u ds
/// / n). The outputs m and v are for the running statistics and must not lead to the loss.
/// </summary>
internal sealed class BatchNormalizationTrainingGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["BatchNormalizationTraining"];

    public override void Apply(GradientContext context)
    {
        if (context.OutputGradientOrNull(1) is not null || context.OutputGradientOrNull(2) is not null)
            throw context.Unsupported("its mean or variance leads to the loss");
        var gradients = context.Graph.Nodes("BatchNormalizationGradient", GraphBuilder.ElsaDomain,
            [context.OutputGradient, context.Input(0), context.Input(1), context.Output(1), context.Output(2)], 3,
            NodeAttribute.Of("epsilon", context.Real("epsilon", 1e-5f)));
        for (var index = 0; index < 3; index++)
            if (context.Needs(index)) context.Give(index, gradients[index]);
    }
}
