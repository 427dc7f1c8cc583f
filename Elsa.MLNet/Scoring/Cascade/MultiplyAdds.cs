using Elsa.MLNet.Onnx;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>
/// Counts how often a kept weight is multiplied for one row, in the layers that are masked. A weight is used once for
/// every position of its layer's output: the values of the output (of ConvTranspose the input), divided by its
/// channels.
/// </summary>
internal static class MultiplyAdds
{
    /// <returns>Per level its count; null if a masked weight does not feed its layer directly, or the model does not
    /// run on one row.</returns>
    public static double[]? Of(ParentModel parent, LevelModel model, int inputSize)
    {
        var dense = parent.Extract(0);
        var layers = new List<(string Weight, string Value, int Channels)>();
        foreach (var tensor in parent.Tensors)
        {
            var node = dense.Graph.Node.FirstOrDefault(n => n.Input.Count > 1 && n.Input[1] == tensor.Name);
            (string Value, int Channels)? positions = node?.OpType switch
            {
                "Conv" => (node.Output[0], 1),
                "ConvTranspose" => (node.Input[0], 1),
                "Gemm" or "MatMul" => (node.Output[0], -1),
                _ => null,
            };
            if (positions is not { } found)
                return null;
            layers.Add((tensor.Name, found.Value, found.Channels));
        }
        if (Shapes(dense, model, inputSize, [.. layers.Select(layer => layer.Value).Distinct()]) is not { } shapes)
            return null;
        return [.. parent.Levels.Select(level => layers.Sum(layer =>
            parent.Masks[layer.Weight].KeptCount(level.Index) * Positions(shapes[layer.Value], layer.Channels)))];
    }

    private static double Positions(long[] shape, int channels)
    {
        double values = shape.Aggregate(1.0, (product, size) => product * size);
        return values / shape[channels < 0 ? ^1 : channels];
    }

    private static Dictionary<string, long[]>? Shapes(
        ModelProto dense, LevelModel model, int inputSize, string[] values)
    {
        var input = model.Signature.Input;
        // The shape of what comes in is that of the row itself, and a graph cannot give its input out again.
        if (values.Contains(input.Name))
            return null;
        dense.Graph.Output.Clear();
        dense.Graph.Output.Add(values.Select(name => new ValueInfoProto { Name = name }));
        try
        {
            using var session = SessionOpening.Open(dense, model.Execution, GraphOptimizationLevel.ORT_DISABLE_ALL);
            using var row = new TensorBuffer(input.ElementType, input.RowDimensionsFor(inputSize)!, input.HasBatch, 1);
            row.Row<float>(0).Clear();
            row.Encode(1);
            using var options = new RunOptions();
            using var results = session.Run(options, [input.Name], [row.Tensor(1)], values);
            return values.Select((name, index) => (name, results[index].GetTensorTypeAndShape().Shape))
                .ToDictionary(pair => pair.name, pair => pair.Shape, StringComparer.Ordinal);
        }
        catch (Exception failure) when (failure is OnnxRuntimeException or ArgumentException)
        {
            return null;
        }
    }
}
