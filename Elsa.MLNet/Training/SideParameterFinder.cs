using Elsa.MLNet.Onnx;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training;

/// <summary>
/// Finds the small unmasked parameters that train along: biases, scale and shift of normalisation, slopes of PRelu, and
/// vectors that are added to or multiplied with data, as biases and normalisation are in parts.
/// </summary>
internal static class SideParameterFinder
{
    /// <summary>Names of float32 initializers of the main graph, in the order of their first use.</summary>
    public static IReadOnlyList<string> Find(GraphProto graph, IReadOnlySet<string> masked)
    {
        var tensors = graph.Initializer.Where(tensor => tensor.DataType == (int)DataType.Float
            && !masked.Contains(tensor.Name)
            && TensorBytes.ElementCount(tensor) > 0).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var outputs = graph.Output.Select(output => output.Name).ToHashSet(StringComparer.Ordinal);
        var found = new OrderedDictionary<string, bool>(StringComparer.Ordinal);
        foreach (var node in graph.Node.Where(node => node.Domain is "" or "ai.onnx"))
            foreach (var index in Places(node).Where(index => index < node.Input.Count))
                if (tensors.TryGetValue(node.Input[index], out var tensor) && !outputs.Contains(tensor.Name)
                    && (node.OpType is not ("Add" or "Mul") || IsVector(tensor)))
                    found.TryAdd(tensor.Name, true);
        return [.. found.Keys];
    }

    /// <summary>
    /// Side parameters, and running statistics of normalisation, that a Constant node holds or an Identity names anew:
    /// they must become initializers before <see cref="Find"/> sees them.
    /// </summary>
    public static IReadOnlySet<string> FindHidden(GraphProto graph)
    {
        var makers = graph.Node.Where(node => node.OpType is "Constant" or "Identity" && node.Output.Count == 1)
            .ToDictionary(node => node.Output[0], StringComparer.Ordinal);
        var outputs = graph.Output.Select(output => output.Name).ToHashSet(StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in graph.Node.Where(node => node.Domain is "" or "ai.onnx"))
            foreach (var index in Places(node).Concat(Statistics(node)).Where(index => index < node.Input.Count))
                if (makers.TryGetValue(node.Input[index], out var maker) && !outputs.Contains(node.Input[index])
                    && ConstantPromotion.ValueOf(graph, maker) is { DataType: (int)DataType.Float } tensor
                    && (node.OpType is not ("Add" or "Mul") || IsVector(tensor)))
                    found.Add(node.Input[index]);
        return found;
    }

    private static int[] Statistics(NodeProto node) => node.OpType == "BatchNormalization" ? [3, 4] : [];

    private static int[] Places(NodeProto node) => node.OpType switch
    {
        "Conv" or "ConvTranspose" or "Gemm" => [2],
        "BatchNormalization" or "LayerNormalization" or "InstanceNormalization" or "GroupNormalization" => [1, 2],
        "PRelu" => [1],
        "Add" or "Mul" => [0, 1],
        _ => [],
    };

    // A single number is more likely a constant of the formula than a parameter.
    private static bool IsVector(TensorProto tensor) => tensor.Dims.Count(dimension => dimension > 1) == 1;
}
