using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Values of a graph that are the same for every batch of one size: they depend on constants and on the shapes of
/// values, never on what the inputs hold. Shape arithmetic is of this kind, whatever operators it is written in.
/// </summary>
internal static class StaticValues
{
    static readonly HashSet<string> Random =
        ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"];

    /// <summary>Names of the static values that nodes make.</summary>
    public static HashSet<string> Find(GraphProto graph)
    {
        var constant = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var input in graph.Input) constant.Remove(input.Name);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in graph.Node.Where(node => IsStatic(node, constant)))
            foreach (var output in node.Output.Where(output => output.Length > 0))
            {
                constant.Add(output);
                found.Add(output);
            }
        return found;
    }

    /// <summary>Replaces the nodes that make static values by their values; nodes that nothing uses any more
    /// go.</summary>
    /// <param name="graph">The graph; changes.</param>
    /// <param name="values">The values by name.</param>
    public static void Fold(GraphProto graph, IReadOnlyDictionary<string, TensorProto> values)
    {
        var folded = graph.Node.Where(node =>
            node.Output.All(output => output.Length == 0 || values.ContainsKey(output))).ToHashSet();
        var used = GraphScope.All(graph).SelectMany(scope => scope.Graph.Node).Where(node => !folded.Contains(node))
            .SelectMany(node => node.Input)
            .Concat(graph.Output.Select(output => output.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (var output in folded.SelectMany(node => node.Output).Where(used.Contains))
            graph.Initializer.Add(values[output]);
        var kept = graph.Node.Where(node => !folded.Contains(node)).ToList();
        graph.Node.Clear();
        graph.Node.Add(kept);
    }

    static bool IsStatic(NodeProto node, HashSet<string> constant)
    {
        if (Random.Contains(node.OpType)
            || node.Attribute.Any(attribute => attribute.G is not null || attribute.Graphs.Count > 0)) return false;
        return node.OpType is "Shape" or "Size" || node.Input.All(input => input.Length == 0
            || constant.Contains(input));
    }
}
