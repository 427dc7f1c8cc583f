using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Turns weights in Constant nodes into initializers of the same name, so that masks have a tensor to point to.
/// Ensures: the graph computes the same; no other node changed.
/// </summary>
internal static class ConstantPromotion
{
    public static void Apply(ModelProto model, IEnumerable<WeightFinder.Weight> weights)
    {
        foreach (var weight in weights)
        {
            if (weight.ConstantNode is not { } node) continue;
            var graph = weight.Owner.Graph;
            graph.Node.RemoveAt(IndexOf(graph, node));
            weight.Tensor.Name = node.Output[0];
            graph.Initializer.Add(weight.Tensor);
            RaiseVersion(model);
        }
    }

    /// <summary>
    /// Before IR 4 an initializer had to be a graph input too, which would add an input to the model. From IR 4 on such an
    /// input may be given another value, so those that there are stop being inputs: they stay the constants they were.
    /// </summary>
    static void RaiseVersion(ModelProto model)
    {
        if (model.IrVersion >= 4) return;
        model.IrVersion = 4;
        var initializers = model.Graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var input in model.Graph.Input.Where(input => initializers.Contains(input.Name)).ToList())
            model.Graph.Input.Remove(input);
    }

    // By reference: an equal node elsewhere in the list must stay.
    static int IndexOf(GraphProto graph, NodeProto node)
    {
        for (var index = 0; index < graph.Node.Count; index++)
            if (ReferenceEquals(graph.Node[index], node)) return index;
        throw new InvalidOperationException($"Node '{GraphScope.NameOf(node)}' is not in its graph.");
    }
}
