using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Names running means and variances of BatchNormalization anew where something else uses the same initializer: tools
/// merge equal tensors, and in a network that has learnt nothing scale and variance are all 1, shift and mean all 0.
/// Ensures: the graph computes the same; an Identity, which can become an initializer, gives the new name.
/// </summary>
internal static class SharedStatistics
{
    static readonly (int Input, string Name)[] Statistics = [(3, "running_mean"), (4, "running_variance")];

    public static void Apply(GraphProto graph)
    {
        var initializers = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var uses = GraphScope.All(graph).SelectMany(scope => scope.Graph.Node).SelectMany(node => node.Input)
            .CountBy(input => input).ToDictionary(StringComparer.Ordinal);
        foreach (var node in graph.Node.Where(IsNormalization).ToList())
            foreach (var (input, name) in Statistics)
            {
                var shared = node.Input[input];
                if (!initializers.Contains(shared) || uses[shared]-- == 1) continue;
                node.Input[input] = $"{node.Output[0]}/{name}";
                graph.Node.Insert(0, new NodeProto { OpType = "Identity", Input = { shared }, Output = { node.Input[input] } });
            }
    }

    static bool IsNormalization(NodeProto node) => node is { OpType: "BatchNormalization", Domain: "" or "ai.onnx", Input.Count: 5, Output.Count: > 0 };
}
