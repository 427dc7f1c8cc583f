using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Training.Losses;

/// <summary>What a loss is appended to.</summary>
/// <param name="Model">The training model; a loss may raise its opset.</param>
/// <param name="Graph">Where nodes are appended.</param>
/// <param name="Head">The output.</param>
/// <param name="Target">Name of the input that holds what the output is compared with.</param>
/// <param name="Classes">Number of classes, if the target is about classes; else 0.</param>
internal sealed record LossContext(ModelProto Model, GraphBuilder Graph, OutputHead Head, string Target, int Classes)
{
    /// <summary>The mean over all elements.</summary>
    public string Mean(string value, ValueShape shape) =>
        Graph.Reduce("ReduceMean", value, [.. Enumerable.Range(0, shape.Rank).Select(axis => (long)axis)], keepDimensions: false);

    /// <summary>The sum over all elements, divided by the number of rows: all axes but the last are rows.</summary>
    public string SumPerRow(string value, ValueShape shape) => Graph.Mul(
        Graph.Sum(value, [.. Enumerable.Range(0, shape.Rank).Select(axis => (long)axis)], keepDimensions: false),
        Graph.Number(1.0 / Math.Max(1, shape.Count / shape.Dimensions[^1])));
}
