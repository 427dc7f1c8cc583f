namespace Elsa.MLNet.Onnx;

/// <summary>y = exp(x) / sum of exp(x) along one axis: dx = y (dy - sum of y dy).</summary>
internal sealed class SoftmaxGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Softmax"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        long[] axis = [context.OutputShape().Axis(context.Whole("axis", -1))];
        var sum = graph.Sum(graph.Mul(context.OutputGradient, context.Output()), axis, keepDimensions: true);
        context.Give(0, graph.Mul(context.Output(), graph.Sub(context.OutputGradient, sum)));
    }
}
