using Elsa.MLNet.Onnx;
using Google.Protobuf.Collections;

namespace Onnx;

public static partial class GraphExtensions
{
    /// <summary>
    /// Removes what the graph can do without: initializers among its inputs (they become constants), initializers that
    /// nothing uses, and value information that stands twice, repeats an input, output or initializer, or is of a value that
    /// no node makes. The graph computes the same as before; branches and bodies of If, Loop and Scan are tidied too, and keep
    /// their inputs.
    /// </summary>
    /// <param name="graph">The graph to change. Its model must have IR version 4 or later: before, ONNX asks for
    /// initializers to be inputs.</param>
    public static void Clean(this GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var initializers = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        RemoveWhere(graph.Input, input => initializers.Contains(input.Name));

        var scopes = GraphScope.All(graph);
        var used = NamesUsed(scopes);
        foreach (var scope in scopes)
        {
            RemoveWhere(scope.Graph.Initializer, tensor => !used[scope].Contains(tensor.Name));
            CleanValueInfo(scope.Graph);
        }
    }

    /// <summary>Per graph the names that it or a graph inside it reads.</summary>
    static Dictionary<GraphScope, HashSet<string>> NamesUsed(List<GraphScope> scopes)
    {
        var used = scopes.ToDictionary(scope => scope, _ => new HashSet<string>(StringComparer.Ordinal));
        foreach (var scope in scopes)
        {
            // A graph's own input that is also an initializer is a default, which its caller's position relies on.
            string[] names =
            [
                .. scope.Graph.Node.SelectMany(node => node.Input), .. scope.Graph.Output.Select(output => output.Name),
                .. scope.Graph.Input.Select(input => input.Name),
                .. scope.Graph.QuantizationAnnotation.SelectMany(note => note.QuantParameterTensorNames).Select(entry => entry.Value),
            ];
            for (var around = scope; around is not null; around = around.Outer) used[around].UnionWith(names);
        }
        return used;
    }

    static void CleanValueInfo(GraphProto graph)
    {
        var wanted = graph.Node.SelectMany(node => node.Output).ToHashSet(StringComparer.Ordinal);
        wanted.ExceptWith(graph.Input.Concat(graph.Output).Select(value => value.Name));
        wanted.ExceptWith(graph.Initializer.Select(tensor => tensor.Name));
        Keep(graph.ValueInfo, [.. graph.ValueInfo.Where(value => wanted.Remove(value.Name))]);
    }

    static void RemoveWhere<T>(RepeatedField<T> list, Func<T, bool> condition) =>
        Keep(list, [.. list.Where(item => !condition(item))]);

    static void Keep<T>(RepeatedField<T> list, List<T> kept)
    {
        if (kept.Count == list.Count) return;
        list.Clear();
        list.AddRange(kept);
    }
}
