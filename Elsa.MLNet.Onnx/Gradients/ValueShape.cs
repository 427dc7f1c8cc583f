using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>Element type and concrete dimensions of a value.</summary>
internal sealed record ValueShape(DataType Type, params long[] Dimensions)
{
    public int Rank => Dimensions.Length;

    public long Count => Dimensions.Aggregate(1L, (product, dimension) => checked(product * dimension));

    /// <summary>Whether gradients can flow through values of this type.</summary>
    public bool IsFloat => Type is DataType.Float or DataType.Double;

    /// <summary>Whether values of this type are 16-bit floats, for which no gradients are computed.</summary>
    public bool IsHalf => Type is DataType.Float16 or DataType.Bfloat16;

    /// <summary>An axis as 0..rank-1; negative ones count from the end.</summary>
    public int Axis(long axis) => (int)(axis < 0 ? axis + Rank : axis);

    public bool SameDimensions(ValueShape other) => Dimensions.AsSpan().SequenceEqual(other.Dimensions);

    public override string ToString() => $"{ElementTypes.Name((int)Type)} [{string.Join(", ", Dimensions)}]";
}
