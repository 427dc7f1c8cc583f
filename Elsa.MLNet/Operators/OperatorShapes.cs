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

    /// <summary>The channels of a tensor [N, C, ...] and where the first one is.</summary>
    /// <exception cref="ArgumentException">The tensor has fewer than 2 dimensions.</exception>
    public static (int Channels, ChannelNormalization First) Channels(in OperatorTensor x, float epsilon, bool relu)
    {
        if (x.Rank < 2)
            throw new ArgumentException($"Input 'x' has shape {Text(x.Shape)}; it must be [N, C] or [N, C, ...].");
        int plane = 1;
        for (int dimension = 2; dimension < x.Rank; dimension++)
            plane = checked(plane * x[dimension]);
        return (x[1], new ChannelNormalization
        {
            Images = x[0],
            Plane = plane,
            Stride = (long)x[1] * plane,
            Epsilon = epsilon,
            Relu = relu,
        });
    }

    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
