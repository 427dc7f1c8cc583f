using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// BatchNormalizationTraining(x, scale, bias, addend?) -> y, mean, variance: the mean and the biased variance over all
/// axes but 1, of shape [C], and y = (x - mean) / sqrt(variance + epsilon) * scale + bias + addend, or the larger of
/// that and 0 if relu is 1. Attributes: epsilon, relu.
/// </summary>
internal sealed class BatchNormalizationTrainingLowering : OperatorLowering
{
    public override string OperatorType => "BatchNormalizationTraining";

    public override void Apply(GraphBuilder graph, NodeProto node, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        var (x, scale, bias) = (node.Input[0], node.Input[1], node.Input[2]);
        var shape = shapes[x];
        var (rank, channels) = (shape.Rank, shape.Dimensions[1]);
        Mean(x, node.Output[1]);
        var centred = graph.Sub(x, Spread(node.Output[1]));
        Mean(graph.Mul(centred, centred), node.Output[2]);
        var inverse = Standardization.InverseDeviation(graph, node.Output[2], NodeAttribute.Number(node, "epsilon",
            1e-5f), shape.Type);
        var scaled = graph.Mul(centred, Spread(graph.Mul(inverse, scale)));
        var relu = NodeAttribute.Whole(node, "relu", 0) != 0;
        if (node.Input.Count == 3 && !relu) graph.Append("Add", "", [scaled, Spread(bias)], [node.Output[0]]);
        else
        {
            var shifted = graph.Add(scaled, Spread(bias));
            if (node.Input.Count > 3) shifted = graph.Add(shifted, node.Input[3]);
            graph.Append(relu ? "Relu" : "Identity", "", [shifted], [node.Output[0]]);
        }

        string Spread(string vector) => Channels.Spread(graph, vector, channels, rank);
        void Mean(string value, string output) => graph.Append("ReduceMean", "",
            [value, graph.Wholes(Channels.OtherAxes(rank))],
            [output], NodeAttribute.Of("keepdims", 0L));
    }
}
