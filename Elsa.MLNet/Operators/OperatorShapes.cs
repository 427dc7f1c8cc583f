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

    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
