using Onnx;
using static Onnx.TensorShapeProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Sets one dimension of a graph's inputs and outputs and what depends on its old size: declared shapes in between are
/// dropped, and a Reshape of the data to a constant shape that starts with the old size of the first dimension keeps the
/// number of rows.
/// </summary>
/// <param name="index">The dimension.</param>
/// <param name="applies">Which of the dimensions at that index are set.</param>
/// <param name="set">Sets one.</param>
/// <param name="listInitializers">Whether a new initializer must be among the graph's inputs, as before IR version 4.</param>
/// <param name="suffix">Put behind the name of a Reshape's target to name the new one.</param>
internal sealed class DimensionRewrite(int index, Func<Dimension, bool> applies, Action<Dimension> set, bool listInitializers,
    string suffix)
{
    /// <summary>Changes the graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">The inputs to set; those of its outputs that apply are set too.</param>
    public void Apply(GraphProto graph, IReadOnlyCollection<ValueInfoProto> inputs)
    {
        // A model whose rows are free was often traced with one row, which its Reshapes may still say.
        var oldSizes = inputs.Select(DimensionOf).OfType<Dimension>()
            .Select(dimension => dimension.HasDimValue ? dimension.DimValue : 1).ToHashSet();
        foreach (var value in inputs.Concat(graph.Output))
            if (DimensionOf(value) is { } dimension && applies(dimension)) set(dimension);
        foreach (var scope in GraphScope.All(graph)) scope.Graph.ValueInfo.Clear();
        if (index > 0) return;
        foreach (var reshape in NodesAfter(graph, inputs).Where(node => node.OpType == "Reshape").ToList())
            KeepRows(graph, reshape, oldSizes);
    }

    Dimension? DimensionOf(ValueInfoProto value) =>
        value.Type?.TensorType?.Shape?.Dim is { } dimensions && dimensions.Count > index ? dimensions[index] : null;

    /// <summary>The nodes that the inputs reach; what they make of weights alone has no rows.</summary>
    static IEnumerable<NodeProto> NodesAfter(GraphProto graph, IEnumerable<ValueInfoProto> inputs)
    {
        var data = inputs.Select(input => input.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var node in graph.Node)
            if (node.Input.Any(data.Contains))
            {
                data.UnionWith(node.Output.Where(output => output.Length > 0));
                yield return node;
            }
    }

    void KeepRows(GraphProto graph, NodeProto reshape, HashSet<long> oldSizes)
    {
        if (reshape.Input.Count == 1)
        {
            // Before opset 5 the target is an attribute.
            if (reshape.Attribute.FirstOrDefault(attribute => attribute.Name == "shape") is { } shape
                && Opened(shape.Ints, oldSizes, zeroIsCopy: true) is { } ints)
            {
                shape.Ints.Clear();
                shape.Ints.Add(ints);
            }
            return;
        }
        var zeroIsCopy = reshape.Attribute.FirstOrDefault(attribute => attribute.Name == "allowzero") is not { I: not 0 };
        if (ReshapeTarget.Find(graph, reshape.Input[1]) is { } target && Opened(target, oldSizes, zeroIsCopy) is { } opened)
            ReshapeTarget.Replace(graph, reshape, opened, suffix, listInitializers);
    }

    /// <summary>
    /// The target with its leading old size as -1, or as 0 (the data's own first dimension) when -1 is taken.
    /// </summary>
    static long[]? Opened(IReadOnlyList<long> target, HashSet<long> oldSizes, bool zeroIsCopy)
    {
        if (target.Count == 0 || target[0] <= 0 || !oldSizes.Contains(target[0])) return null;
        var taken = target.Contains(-1);
        return taken && !zeroIsCopy ? null : [taken ? 0 : -1, .. target.Skip(1)];
    }
}
