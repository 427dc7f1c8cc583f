using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Expands operators of the domain ai.elsa into standard ONNX, for a runtime in which they are not registered. What
/// they compute is defined by these expansions. A new one is one file in Lowerings/ and one line here.
/// </summary>
internal static class Lowering
{
    static readonly Dictionary<string, OperatorLowering> ByOperator = new OperatorLowering[]
    {
        new BatchNormalizationGradientLowering(),
        new BatchNormalizationTrainingLowering(),
        new ConvInputGradientLowering(),
        new ConvLowering(),
        new ConvWeightGradientLowering(),
        new MaxPoolGradientLowering(),
        new ReluGradientLowering(),
        new SgdLowering(),
        new SliceGradientLowering(),
    }.ToDictionary(lowering => lowering.OperatorType, StringComparer.Ordinal);

    /// <summary>The operators that can be expanded, in order of name.</summary>
    public static IReadOnlyList<string> OperatorTypes { get; } = [.. ByOperator.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Expands every operator of ours that the runtime does not have.</summary>
    /// <param name="graph">The graph; changes.</param>
    /// <param name="shapes">Shapes of the values of the forward graph.</param>
    /// <param name="isAvailable">Whether the runtime has the operator for this node.</param>
    public static void Apply(GraphProto graph, IReadOnlyDictionary<string, ValueShape> shapes,
        Func<NodeProto, bool> isAvailable)
    {
        var nodes = graph.Node.ToList();
        graph.Node.Clear();
        var builder = new GraphBuilder(graph, "elsa_lowered/");
        foreach (var node in nodes)
            if (node.Domain != GraphBuilder.ElsaDomain || (isAvailable(node) && !IsDouble(node))) graph.Node.Add(node);
            else ByOperator[node.OpType].Apply(builder, node, shapes);

        // The runtime's forms are of float32 alone.
        bool IsDouble(NodeProto node) => node.Input.Concat(node.Output)
            .Any(value => shapes.GetValueOrDefault(value) is { Type: TensorProto.Types.DataType.Double });
    }
}
