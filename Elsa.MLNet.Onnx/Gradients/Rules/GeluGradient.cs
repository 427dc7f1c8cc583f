namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = x P(x), where P is the normal distribution function or its approximation by tanh: dx = (P(x) + x P'(x)) dy
/// (Hendrycks and Gimpel, arXiv 1606.08415).
/// </summary>
internal sealed class GeluGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Gelu"];

    public override void Apply(GradientContext context)
    {
        var approximation = context.Text("approximate", "none");
        var slope = approximation switch
        {
            "none" => Exact(context),
            "tanh" => ByTanh(context),
            _ => throw context.Unsupported($"its approximation '{approximation}' is not known; 'none' and 'tanh' are"),
        };
        context.Give(0, context.Graph.Mul(context.OutputGradient, slope));
    }

    // P = (1 + erf(x / sqrt 2)) / 2, P' = exp(-x x / 2) / sqrt(2 pi)
    static string Exact(GradientContext context)
    {
        var (graph, x, half) = (context.Graph, context.Input(0), context.Number(0.5));
        var erf = graph.Node("Erf", [graph.Mul(x, context.Number(1 / Math.Sqrt(2)))]);
        var distribution = graph.Add(graph.Mul(erf, half), half);
        var bell = graph.Node("Exp", [graph.Mul(graph.Mul(x, x), context.Number(-0.5))]);
        var density = graph.Mul(bell, context.Number(1 / Math.Sqrt(2 * Math.PI)));
        return graph.Add(distribution, graph.Mul(x, density));
    }

    // P = (1 + t) / 2 with t = tanh(k (x + c x^3)), P' = (1 - t t) k (1 + 3 c x x) / 2
    static string ByTanh(GradientContext context)
    {
        const double C = 0.044715;
        var k = Math.Sqrt(2 / Math.PI);
        var (graph, x, half) = (context.Graph, context.Input(0), context.Number(0.5));
        var square = graph.Mul(x, x);
        var inner = graph.Mul(x, graph.Add(graph.Mul(square, context.Number(k * C)), context.Number(k)));
        var tanh = graph.Node("Tanh", [inner]);
        var distribution = graph.Add(graph.Mul(tanh, half), half);
        var steepness = graph.Add(graph.Mul(square, context.Number(1.5 * k * C)), context.Number(0.5 * k));
        var density = graph.Mul(graph.Sub(context.Number(1), graph.Mul(tanh, tanh)), steepness);
        return graph.Add(distribution, graph.Mul(x, density));
    }
}
