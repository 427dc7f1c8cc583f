using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>Tells probabilities from logits by how a model makes its output.</summary>
internal static class ScoreKinds
{
    public static bool AreProbabilities(GraphProto graph, string output) => Maker(graph, output) is "Softmax" or "Sigmoid";

    /// <summary>The operator that computes the output; what only changes its shape or type is looked through.</summary>
    public static string? Maker(GraphProto graph, string output)
    {
        string made = output;
        while (Node(made) is { } node && KeepsValues(node.OpType))
            made = node.Input[0];
        return Node(made)?.OpType;

        NodeProto? Node(string name) =>
            graph.Node.FirstOrDefault(node => node.Domain is "" or "ai.onnx" && node.Output.Contains(name));
    }

    private static bool KeepsValues(string type) =>
        type is "Reshape" or "Flatten" or "Identity" or "Squeeze" or "Unsqueeze" or "Cast";
}
