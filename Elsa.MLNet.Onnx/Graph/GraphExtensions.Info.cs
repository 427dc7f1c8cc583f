using System.Globalization;
using System.Text;
using Elsa.MLNet.Onnx;

namespace Onnx;

/// <summary>Looking at a graph and tidying it, under the names that OnnxSharp's users know.</summary>
public static partial class GraphExtensions
{
    /// <summary>
    /// Describes the graph in plain-text tables: its inputs, outputs and initializers with types and shapes, and how often
    /// each operator stands in it. Subgraphs are counted, not described.
    /// </summary>
    /// <exception cref="InvalidDataException">An initializer has a negative dimension, or more elements than fit in
    /// memory.</exception>
    public static string Info(this GraphProto graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var initializers = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var text = new StringBuilder();
        TextTable.Append(text, "Inputs", ["Name", "Type", "Shape"],
            graph.Input.Where(input => !initializers.Contains(input.Name)).Select(RowOf));
        TextTable.Append(text, "Outputs", ["Name", "Type", "Shape"], graph.Output.Select(RowOf));
        TextTable.Append(text, "Initializers", ["Name", "Type", "Shape", "Elements", "Bytes"], graph.Initializer.Select(RowOf));
        TextTable.Append(text, "Nodes", ["Operator", "Count"], OperatorCounts(graph));
        return text.ToString();
    }

    static string[] RowOf(ValueInfoProto value) => [value.Name, TypeText.Of(value.Type), TypeText.ShapeOf(value.Type)];

    static string[] RowOf(TensorProto tensor) =>
    [
        tensor.Name,
        ElementTypes.Name(tensor.DataType),
        $"[{string.Join(',', tensor.Dims)}]",
        Number(TensorBytes.ElementCount(tensor)),
        ElementTypes.ByteSize(tensor.DataType) > 0 ? Number(TensorBytes.ByteCount(tensor)) : "?",
    ];

    static IEnumerable<string[]> OperatorCounts(GraphProto graph) => GraphScope.All(graph)
        .SelectMany(scope => scope.Graph.Node)
        .CountBy(node => node.Domain is "" or "ai.onnx" ? node.OpType : $"{node.Domain}.{node.OpType}")
        .OrderByDescending(count => count.Value).ThenBy(count => count.Key, StringComparer.Ordinal)
        .Select(count => new[] { count.Key, Number(count.Value) });

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
