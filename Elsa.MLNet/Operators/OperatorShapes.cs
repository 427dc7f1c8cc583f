using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>What operators demand of shapes, worded once.</summary>
internal static class OperatorShapes
{
    public static void RequireSame(string name, in OperatorTensor tensor, string otherName, in OperatorTensor other) =>
        Require(name, tensor, other.Shape, $"as {otherName} has");

    /// <exception cref="ArgumentException">The tensor has another shape.</exception>
    public static void Require(string name, in OperatorTensor tensor, ReadOnlySpan<long> shape, string reason)
    {
        if (!tensor.Shape.SequenceEqual(shape))
        {
            throw new ArgumentException(
                $"Input '{name}' has shape {Text(tensor.Shape)}; it must have {Text(shape)}, {reason}.");
        }
    }

    /// <exception cref="ArgumentException">The tensor is not shaped as the convolution's output.</exception>
    public static void RequireOutput(string name, in OperatorTensor tensor, ConvolutionShape shape) =>
        Require(
            name, tensor, [shape.Images, shape.OutputChannels, shape.Rows.Output, shape.Columns.Output],
            "as the convolution's output");

    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
