using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Gives convolutions whose weights are no constants, and so are packed anew at every step, to the operator Conv of the
/// domain ai.elsa, together with a Relu that alone reads one. Requires a differentiated graph of float32, in which the
/// Relu's gradient asks for nothing but its output; ensures equal values under all names that are still read.
/// </summary>
internal static class TrainedConvolutions
{
    /// <summary>Replaces nodes.</summary>
    /// <param name="graph">The graph with its gradient; changes.</param>
    /// <param name="shapes">Shapes of the forward graph's values.</param>
    public static void Apply(GraphProto graph, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        var constants = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var readers = ValueReaders.Of(graph);
        foreach (var node in graph.Node.Where(node => IsReplaceable(node, constants, shapes)).ToList())
        {
            node.Domain = GraphBuilder.ElsaDomain;
            if (readers.Only(node.Output[0]) is not { OpType: "Relu", Domain: "" or "ai.onnx" } relu) continue;
            node.Output[0] = relu.Output[0];
            node.Attribute.Add(NodeAttribute.Of("relu", 1L));
            graph.Node.Remove(relu);
        }
    }

    static bool IsReplaceable(
        NodeProto node, HashSet<string> constants, IReadOnlyDictionary<string, ValueShape> shapes) =>
        node.OpType == "Conv" && node.Domain is "" or "ai.onnx" && !constants.Contains(node.Input[1])
        && NodeAttribute.Text(node, "auto_pad", "NOTSET") == "NOTSET"
        && shapes.GetValueOrDefault(node.Input[0]) is { Rank: 4, Type: TensorProto.Types.DataType.Float }
        && shapes.ContainsKey(node.Input[1]);
}
