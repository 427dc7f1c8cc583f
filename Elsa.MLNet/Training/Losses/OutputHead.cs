using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Training.Losses;

/// <summary>How a model makes an output: what stands before a final Softmax or Sigmoid are the logits.</summary>
/// <param name="Kind">What makes the output.</param>
/// <param name="Output">Name of the output.</param>
/// <param name="OutputShape">Its shape at the training batch.</param>
/// <param name="Logits">Name of the value before the final activation; the output itself if there is none.</param>
/// <param name="LogitsShape">Its shape at the training batch.</param>
internal sealed record OutputHead(HeadKind Kind, string Output, ValueShape OutputShape, string Logits,
    ValueShape LogitsShape)
{
    /// <summary>Finds the head of an output.</summary>
    public static OutputHead Of(GraphProto graph, IReadOnlyDictionary<string, ValueShape> shapes, string output)
    {
        var made = output;
        // Old Softmax forms are upgraded to a Softmax between two changes of shape.
        while (Maker(made) is { } change && KeepsValues(change)) made = change.Input[0];
        var node = Maker(made);
        if (node?.OpType is "Softmax" or "LogSoftmax" && IsLastAxis(node, shapes[made].Rank)
            && KeepsRows(node.Input[0]))
            return new OutputHead(HeadKind.Softmax, output, shapes[output], node.Input[0], shapes[node.Input[0]]);
        if (node?.OpType == "Sigmoid")
            return new OutputHead(HeadKind.Sigmoid, output, shapes[output], node.Input[0], shapes[node.Input[0]]);
        return new OutputHead(HeadKind.Plain, output, shapes[output], output, shapes[output]);

        bool KeepsValues(NodeProto node) => node.OpType is "Reshape" or "Flatten" or "Identity" or "Squeeze" or "Unsqueeze"
            || (node.OpType == "Cast" && shapes[node.Input[0]].Type == shapes[node.Output[0]].Type);

        // An old Softmax over axis 0 flattens the whole batch.
        bool KeepsRows(string logits) => shapes[logits].Rank > 0
            && shapes[logits].Dimensions[0] == shapes[output].Dimensions[0];

        NodeProto? Maker(string name) => graph.Node.FirstOrDefault(maker =>
            maker.Domain is "" or "ai.onnx" && maker.Output.Contains(name));
    }

    private static bool IsLastAxis(NodeProto node, int rank) =>
        NodeAttribute.Whole(node, "axis", -1) is var axis && (axis == -1 || axis == rank - 1);
}

/// <summary>What makes an output.</summary>
internal enum HeadKind
{
    /// <summary>Softmax or LogSoftmax over the last axis.</summary>
    Softmax,

    /// <summary>Sigmoid.</summary>
    Sigmoid,

    /// <summary>Anything else.</summary>
    Plain,
}
