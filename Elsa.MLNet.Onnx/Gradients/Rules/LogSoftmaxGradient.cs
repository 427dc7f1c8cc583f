namespace Elsa.MLNet.Onnx;

/// <summary>y = x - ln(sum of exp(x)) along one axis: dx = dy - exp(y) (sum of dy).</summary>
internal sealed class LogSoftmaxGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["LogSoftmax"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        long[] axis = [context.OutputShape().Axis(context.Whole("axis", -1))];
        var sum = graph.Sum(context.OutputGradient, axis, keepDimensions: true);
        var softmax = graph.Node("Exp", [context.Output()]);
        context.Give(0, graph.Sub(context.OutputGradient, graph.Mul(softmax, sum)));
    }
}
