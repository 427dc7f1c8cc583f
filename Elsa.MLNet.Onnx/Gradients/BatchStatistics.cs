using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>Makes the batch normalisations of a graph use the statistics of the batch at hand, as training
/// does.</summary>
internal static class BatchStatistics
{
    /// <summary>
    /// Replaces BatchNormalization in inference form, whose running mean and variance are initializers, by
    /// BatchNormalizationTraining of the domain ai.elsa. Other forms stay.
    /// </summary>
    /// <param name="graph">The forward graph, of opset 15 or later; changes.</param>
    /// <param name="shapes">Shapes of its values; grows by those of the batch means and variances.</param>
    /// <returns>What was replaced, in the graph's order.</returns>
    /// <exception cref="ArgumentException">The batch has a single value per channel, which has no variance.</exception>
    public static IReadOnlyList<NormalizedBatch> Apply(GraphProto graph, IDictionary<string, ValueShape> shapes)
    {
        var constants = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var builder = new GraphBuilder(graph, "elsa_batch/");
        var replaced = new List<NormalizedBatch>();
        foreach (var node in graph.Node.Where(node => IsReplaceable(node, constants)))
        {
            var shape = shapes[node.Input[0]];
            var perChannel = shape.Count / shape.Dimensions[1];
            if (perChannel < 2)
                throw new ArgumentException($"BatchNormalization of node '{GraphScope.NameOf(node)}' sees " +
                    $"{perChannel} value per channel in its input of shape {shape}, which has no variance; give it a batch of 2 or more.",
                    nameof(shapes));
            string[] statistics = [builder.Name("mean"), builder.Name("variance")];
            foreach (var name in statistics) shapes[name] = new ValueShape(shape.Type, shape.Dimensions[1]);
            replaced.Add(new NormalizedBatch(GraphScope.NameOf(node), node.Input[1], node.Input[2], node.Input[3],
                node.Input[4],
                1 - NodeAttribute.Number(node, "momentum", 0.9f), statistics[0], statistics[1], perChannel));
            var epsilon = NodeAttribute.Number(node, "epsilon", 1e-5f);
            node.OpType = "BatchNormalizationTraining";
            node.Domain = GraphBuilder.ElsaDomain;
            while (node.Input.Count > 3) node.Input.RemoveAt(3);
            while (node.Output.Count > 1) node.Output.RemoveAt(1);
            node.Output.Add(statistics);
            node.Attribute.Clear();
            node.Attribute.Add(NodeAttribute.Of("epsilon", epsilon));
        }
        return replaced;
    }

    static bool IsReplaceable(NodeProto node, HashSet<string> constants) =>
        node.OpType == "BatchNormalization" && node.Domain is ("" or "ai.onnx")
        && NodeAttribute.Whole(node, "training_mode", 0) == 0
        && constants.Contains(node.Input[3]) && constants.Contains(node.Input[4]);
}
