using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>The names of all values of a graph and of the graphs inside it.</summary>
internal static class ValueNames
{
    /// <summary>
    /// Frees a name: whatever bears it gets another one, everywhere, so that the graph computes the same.
    /// </summary>
    /// <returns>The new name, or <paramref name="name"/> if nothing bears it.</returns>
    public static string Free(GraphProto graph, string name)
    {
        var scopes = GraphScope.All(graph).Select(scope => scope.Graph).ToList();
        var used = scopes.SelectMany(All).ToHashSet(StringComparer.Ordinal);
        if (!used.Contains(name)) return name;
        var free = name + "_elsa";
        while (used.Contains(free)) free += "_";
        foreach (var scope in scopes) Rename(scope, name, free);
        return free;
    }

    static IEnumerable<string> All(GraphProto graph) =>
        graph.Node.SelectMany(node => node.Input.Concat(node.Output))
            .Concat(graph.Initializer.Select(tensor => tensor.Name))
            .Concat(graph.SparseInitializer.Select(tensor => tensor.Values.Name))
            .Concat(Declared(graph).Select(value => value.Name));

    static IEnumerable<ValueInfoProto> Declared(GraphProto graph) =>
        graph.Input.Concat(graph.Output).Concat(graph.ValueInfo);

    static void Rename(GraphProto graph, string from, string to)
    {
        foreach (var node in graph.Node)
            foreach (var names in new[] { node.Input, node.Output })
                for (var index = 0; index < names.Count; index++)
                    if (names[index] == from) names[index] = to;
        foreach (var tensor in graph.Initializer.Concat(graph.SparseInitializer.Select(sparse => sparse.Values)))
            if (tensor.Name == from) tensor.Name = to;
        foreach (var value in Declared(graph))
            if (value.Name == from) value.Name = to;
    }
}
