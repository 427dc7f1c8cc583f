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
            // Before IR 4 an initializer had to be a graph input too, which would add an input to the model.
            model.IrVersion = Math.Max(model.IrVersion, 4);
        }
    }

    // By reference: an equal node elsewhere in the list must stay.
    static int IndexOf(GraphProto graph, NodeProto node)
    {
        for (var index = 0; index < graph.Node.Count; index++)
            if (ReferenceEquals(graph.Node[index], node)) return index;
        throw new InvalidOperationException($"Node '{GraphScope.NameOf(node)}' is not in its graph.");
    }
}
