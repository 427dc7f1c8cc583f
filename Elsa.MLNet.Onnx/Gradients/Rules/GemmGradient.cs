namespace Elsa.MLNet.Onnx;

/// <summary>
/// Y = alpha A' B' + beta C, where A' is A or its transpose, B' alike, and C is broadcast: dA' = alpha dY B'^T, dB'
/// = alpha A'^T dY, dC = beta dY summed over what was repeated.
/// </summary>
internal sealed class GemmGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Gemm"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var (a, b, gradient) = (context.Input(0), context.Input(1), context.OutputGradient);
        var (transA, transB) = (context.Whole("transA", 0) != 0, context.Whole("transB", 0) != 0);
        var (alpha, beta) = (context.Real("alpha", 1), context.Real("beta", 1));
        if (context.Needs(0))
            context.Give(0, transA ? Product(b, transB, gradient, true) : Product(gradient, false, b, !transB));
        if (context.Needs(1))
            context.Give(1, transB ? Product(gradient, true, a, transA) : Product(a, !transA, gradient, false));
        if (context.Needs(2))
        {
            var summed = context.Summed(2, gradient);
            context.Give(2, beta == 1 ? summed : graph.Mul(summed, context.Number(beta)));
        }

        string Product(string left, bool turnLeft, string right, bool turnRight) =>
            graph.Node("Gemm", [left, right], NodeAttribute.Of("alpha", alpha),
                NodeAttribute.Of("transA", turnLeft ? 1L : 0), NodeAttribute.Of("transB", turnRight ? 1L : 0));
    }
}
