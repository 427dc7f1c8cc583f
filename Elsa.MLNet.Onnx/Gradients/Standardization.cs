using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// u = (x - m) k with the mean m and k = 1 / sqrt(v + epsilon), v the biased variance, of x over some axes: the core
/// of the normalisations. From g, the gradient of u, dx = k (g - mean g - u mean(g u)).
/// </summary>
internal static class Standardization
{
    /// <summary>k of a variance.</summary>
    public static string InverseDeviation(GraphBuilder graph, string variance, float epsilon, DataType type) =>
        graph.Node("Reciprocal", [graph.Node("Sqrt", [graph.Add(variance, graph.Number(epsilon, type))])]);

    /// <summary>The values u and, with dimensions of 1 for the axes, k.</summary>
    public static (string Standard, string Inverse) Of(GraphBuilder graph, string x, long[] axes, float epsilon,
        DataType type)
    {
        var centred = graph.Sub(x, graph.Reduce("ReduceMean", x, axes, keepDimensions: true));
        var variance = graph.Reduce("ReduceMean", graph.Mul(centred, centred), axes, keepDimensions: true);
        var inverse = InverseDeviation(graph, variance, epsilon, type);
        return (graph.Mul(centred, inverse), inverse);
    }

    /// <summary>dx from the gradient of u.</summary>
    public static string InputGradient(GraphBuilder graph, string gradient, string standard, string inverse,
        long[] axes)
    {
        var mean = graph.Reduce("ReduceMean", gradient, axes, keepDimensions: true);
        var along = graph.Reduce("ReduceMean", graph.Mul(gradient, standard), axes, keepDimensions: true);
        return graph.Mul(graph.Sub(graph.Sub(gradient, mean), graph.Mul(standard, along)), inverse);
    }
}
