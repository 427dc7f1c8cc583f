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
            if (weight.ConstantNode is { } node) Apply(model, weight.Owner.Graph, node, weight.Tensor);
    }

    /// <summary>As <see cref="Apply(ModelProto, IEnumerable{WeightFinder.Weight})"/>, for values of the main graph by name,
    /// also where an Identity gives one initializer a second name, under which it becomes one of its own.</summary>
    public static void Apply(ModelProto model, IReadOnlySet<string> names)
    {
        foreach (var node in model.Graph.Node.Where(node => node.Output.Any(names.Contains)).ToList())
            if (ValueOf(model.Graph, node) is { } tensor) Apply(model, model.Graph, node, tensor);
    }

    /// <summary>As above, for those whose value lies in a file beside the model.</summary>
    public static void ApplyExternal(ModelProto model)
    {
        foreach (var scope in GraphScope.All(model.Graph))
            foreach (var node in scope.Graph.Node.Where(IsConstant).ToList())
                if (WeightFinder.ConstantValue(node) is { } tensor && TensorBytes.IsExternal(tensor))
                    Apply(model, scope.Graph, node, tensor);
    }

    /// <summary>The tensor that a Constant, or an Identity of an initializer, makes; null for any other node.</summary>
    public static TensorProto? ValueOf(GraphProto graph, NodeProto node) => (node.Domain, node.OpType) switch
    {
        ("" or "ai.onnx", "Constant") => WeightFinder.ConstantValue(node),
        ("" or "ai.onnx", "Identity") => graph.Initializer.FirstOrDefault(tensor => tensor.Name == node.Input[0])?.Clone(),
        _ => null,
    };

    static bool IsConstant(NodeProto node) => node is { OpType: "Constant", Domain: "" or "ai.onnx", Output.Count: 1 };

    static void Apply(ModelProto model, GraphProto graph, NodeProto node, TensorProto tensor)
    {
        graph.Node.RemoveAt(IndexOf(graph, node));
        tensor.Name = node.Output[0];
        graph.Initializer.Add(tensor);
        RaiseVersion(model);
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
