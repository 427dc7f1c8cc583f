using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Puts what alone reads a BatchNormalizationTraining of the domain ai.elsa into it: a Relu, or the Add of a value of
/// the same shape and then a Relu; and the Relu's gradient, where that alone is read by the BatchNormalizationGradient,
/// into this. Requires a differentiated graph; ensures equal values under all names that are still read.
/// </summary>
internal static class NormalizedActivations
{
    /// <summary>Fuses nodes.</summary>
    /// <param name="graph">The graph with its gradient; changes.</param>
    /// <param name="shapes">Shapes of the forward graph's values.</param>
    public static void Apply(GraphProto graph, IReadOnlyDictionary<string, ValueShape> shapes)
    {
        foreach (var node in graph.Node.Where(IsNormalization).ToList())
        {
            var readers = ValueReaders.Of(graph);
            switch (readers.Only(node.Output[0]))
            {
                case { OpType: "Relu" } relu:
                    Absorb(graph, node, relu);
                    FuseGradient(graph, node, readers);
                    break;
                case { OpType: "Add" } sum
                    when HasOneShape(sum, shapes) && readers.Only(sum.Output[0]) is { OpType: "Relu" } relu:
                    node.Input.Add(sum.Input[sum.Input[0] == node.Output[0] ? 1 : 0]);
                    Absorb(graph, node, relu);
                    // What is added may be computed after the normalisation, but is before the sum.
                    graph.Node.Remove(node);
                    graph.Node[graph.Node.IndexOf(sum)] = node;
                    break;
            }
        }
    }

    static bool IsNormalization(NodeProto node) =>
        node is { OpType: "BatchNormalizationTraining", Domain: GraphBuilder.ElsaDomain, Input.Count: 3 };

    static bool HasOneShape(NodeProto sum, IReadOnlyDictionary<string, ValueShape> shapes) =>
        sum.Input[0] != sum.Input[1] && shapes.TryGetValue(sum.Input[0], out var left)
        && shapes.TryGetValue(sum.Input[1], out var right) && left.SameDimensions(right);

    static void Absorb(GraphProto graph, NodeProto node, NodeProto relu)
    {
        node.Output[0] = relu.Output[0];
        node.Attribute.Add(NodeAttribute.Of("relu", 1L));
        graph.Node.Remove(relu);
    }

    static void FuseGradient(GraphProto graph, NodeProto node, ValueReaders readers)
    {
        var gate = readers.All(node.Output[0]).SingleOrDefault(reader => reader.OpType == "ReluGradient");
        if (gate is null || readers.Only(gate.Output[0]) is not { OpType: "BatchNormalizationGradient" } gradient
            || gradient.Input[1] != node.Input[0])
            return;
        gradient.Input[0] = gate.Input[0];
        gradient.Input.Add(node.Output[0]);
        gradient.Attribute.Add(NodeAttribute.Of("relu", 1L));
        graph.Node.Remove(gate);
    }
}
