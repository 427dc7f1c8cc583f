using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>Which nodes of a graph read its values.</summary>
internal sealed class ValueReaders
{
    readonly ILookup<string, NodeProto> _readers;
    readonly HashSet<string> _outputs;

    ValueReaders(ILookup<string, NodeProto> readers, HashSet<string> outputs) =>
        (_readers, _outputs) = (readers, outputs);

    /// <summary>The readers as the graph is now.</summary>
    public static ValueReaders Of(GraphProto graph) => new(
        graph.Node.SelectMany(node => node.Input.Distinct().Select(input => (input, node)))
            .ToLookup(pair => pair.input, pair => pair.node, StringComparer.Ordinal),
        graph.Output.Select(output => output.Name).ToHashSet(StringComparer.Ordinal));

    /// <summary>The node that alone reads a value; null if none or several do, or the graph gives it out.</summary>
    public NodeProto? Only(string value) =>
        !_outputs.Contains(value) && _readers[value].Take(2).ToList() is [var reader] ? reader : null;

    /// <summary>The nodes that read a value.</summary>
    public IEnumerable<NodeProto> All(string value) => _readers[value];
}
