using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// BatchNormalizationGradient(dy, x, scale, mean, variance, y?) -> dx, dscale, dbias: with k = 1 / sqrt(variance +
/// epsilon), u = (x - mean) k and n values per channel, dbias = sum dy, dscale = sum dy u and
/// dx = k scale (dy - dbias / n - u dscale / n). Attributes: epsilon, and
/// relu: if 1, dy counts where y > 0 only.
/// </summary>
internal sealed class BatchNormalizationGradientLowering : OperatorLowering
{
    public override string OperatorType => "BatchNormalizationGradient";

    public override void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        var (gradient, x, scale, mean, variance) = (node.Input[0], node.Input[1], node.Input[2], node.Input[3],
            node.Input[4]);
        var shape = shapes[x];
        if (NodeAttribute.Whole(node, "relu", 0) != 0)
        {
            var zero = graph.Number(0, shape.Type);
            gradient = graph.Where(graph.Node("Greater", [node.Input[5], zero]), gradient, zero);
        }
        var (rank, channels) = (shape.Rank, shape.Dimensions[1]);
        var axes = graph.Wholes(Channels.OtherAxes(rank));
        var inverse = Standardization.InverseDeviation(graph, variance, NodeAttribute.Number(node, "epsilon", 1e-5f),
            shape.Type);
        var standard = graph.Mul(graph.Sub(x, Spread(mean)), Spread(inverse));
        Sum(gradient, node.Output[2]);
        Sum(graph.Mul(gradient, standard), node.Output[1]);
        var count = graph.Number((double)shape.Count / channels, shape.Type);
        var residual = graph.Sub(graph.Sub(gradient, Spread(graph.Div(node.Output[2], count))),
            graph.Mul(standard, Spread(graph.Div(node.Output[1], count))));
        graph.Append("Mul", "", [residual, Spread(graph.Mul(inverse, scale))], [node.Output[0]]);

        string Spread(string vector) => Channels.Spread(graph, vector, channels, rank);
        void Sum(string value, string output) =>
            graph.Append("ReduceSum", "", [value, axes], [output], NodeAttribute.Of("keepdims", 0L));
    }
}
