using Onnx;

namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>Tells probabilities from logits by how a model makes its output.</summary>
internal static class ScoreKinds
{
    public static bool AreProbabilities(GraphProto graph, string output)
    {
        string made = output;
        while (Maker(made) is { } node && KeepsValues(node.OpType))
            made = node.Input[0];
        return Maker(made)?.OpType is "Softmax" or "Sigmoid";

        NodeProto? Maker(string name) =>
            graph.Node.FirstOrDefault(node => node.Domain is "" or "ai.onnx" && node.Output.Contains(name));
    }

    private static bool KeepsValues(string type) =>
        type is "Reshape" or "Flatten" or "Identity" or "Squeeze" or "Unsqueeze" or "Cast";
}
