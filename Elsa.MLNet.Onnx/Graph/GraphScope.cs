using System.Diagnostics.CodeAnalysis;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// A graph with the graphs around it: the main graph, or a branch or body of If, Loop or Scan, which sees the names of
/// the graphs that enclose it.
/// </summary>
internal sealed class GraphScope
{
    // Every name inside a subgraph has the way to it in front, so one long name could be repeated for every tensor.
    const long MaximumPathLetters = 4 << 20;

    readonly Dictionary<string, TensorProto> _initializers = new(StringComparer.Ordinal);
    readonly Dictionary<string, NodeProto> _producers = new(StringComparer.Ordinal);
    readonly HashSet<string> _inputs;

    GraphScope(GraphProto graph, GraphScope? outer, string path)
    {
        (Graph, Outer, Path) = (graph, outer, path);
        foreach (var tensor in graph.Initializer) _initializers.TryAdd(tensor.Name, tensor);
        foreach (var node in graph.Node)
            foreach (var output in node.Output) _producers.TryAdd(output, node);
        _inputs = [.. graph.Input.Select(input => input.Name)];
    }

    public GraphProto Graph { get; }

    public GraphScope? Outer { get; }

    /// <summary>Empty for the main graph, else the way to it, e.g. <c>if_1/then_branch/</c>.</summary>
    public string Path { get; }

    /// <summary>The main graph and every graph inside it, outer before inner, in node order.</summary>
    public static List<GraphScope> All(GraphProto main)
    {
        var scopes = new List<GraphScope>();
        var letters = 0L;
        Add(new GraphScope(main, null, ""));
        return scopes;

        void Add(GraphScope scope)
        {
            letters += scope.Path.Length * (1L + scope.Graph.Initializer.Count);
            if (letters > MaximumPathLetters)
                throw new ParentFormatException(ParentFormatError.TooLarge, "the graph", "The names of the graphs inside the graph " +
                    $"take more than {MaximumPathLetters} letters; the file is damaged or hostile.");
            scopes.Add(scope);
            foreach (var node in scope.Graph.Node)
                foreach (var attribute in node.Attribute)
                    foreach (var (graph, suffix) in Subgraphs(attribute))
                        Add(new GraphScope(graph, scope, $"{scope.Path}{NameOf(node)}/{attribute.Name}{suffix}/"));
        }
    }

    /// <summary>The node's name, or its first output where it has none.</summary>
    public static string NameOf(NodeProto node) =>
        node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault() ?? node.OpType;

    /// <summary>Finds what gives a value: an initializer or a node, in this graph or one around it.</summary>
    public bool TryResolve(string name, [NotNullWhen(true)] out GraphScope? owner, out TensorProto? initializer,
        out NodeProto? producer)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            var isInitializer = scope._initializers.TryGetValue(name, out initializer);
            var isProduced = scope._producers.TryGetValue(name, out producer);
            owner = scope;
            if (isInitializer || isProduced) return true;
            if (scope._inputs.Contains(name)) break;
        }
        (owner, initializer, producer) = (null, null, null);
        return false;
    }

    static IEnumerable<(GraphProto Graph, string Suffix)> Subgraphs(AttributeProto attribute)
    {
        if (attribute.G is not null) yield return (attribute.G, "");
        for (var index = 0; index < attribute.Graphs.Count; index++) yield return (attribute.Graphs[index], $"[{index}]");
    }
}
