namespace Elsa.MLNet.Onnx;

/// <summary>A tensor that can be masked.</summary>
/// <param name="Name">Its name; inside a subgraph with the way to it in front, e.g. <c>if_1/then_branch/w</c>.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="ElementType">float32, float16, bfloat16, float64, or of quantized weights int8 or uint8.</param>
/// <param name="OperatorType">The operator whose weight it is, e.g. Conv.</param>
/// <param name="NodeName">The first node that uses it.</param>
public sealed record MaskableTensor(string Name, IReadOnlyList<long> Shape, string ElementType, string OperatorType,
    string NodeName)
{
    /// <summary>The integer of quantized weights that stands for 0, which a level has in place of weights that it drops. The
    /// default value is 0.</summary>
    public int ZeroPoint { get; init; }

    /// <summary>The byte of each weight that stands for 0.</summary>
    internal byte Zero => unchecked((byte)ZeroPoint);

    /// <summary>Scales of quantized weights; null if they hold numbers.</summary>
    internal QuantizationScales? Scales { get; init; }

    /// <summary>Number of weights.</summary>
    public long WeightCount => Shape.Aggregate(1L, (product, dimension) => product * dimension);
}

/// <summary>A floating-point tensor that is left dense.</summary>
/// <param name="Name">Its name.</param>
/// <param name="WeightCount">Number of elements.</param>
/// <param name="Reason">Why it is left dense, for a person to read.</param>
public sealed record DenseTensor(string Name, long WeightCount, string Reason);

/// <summary>Which tensors of a model are maskable, and which stay dense and why.</summary>
/// <param name="Maskable">In the order in which the graph first uses them.</param>
/// <param name="LeftDense">In the order of the graph's initializers.</param>
public sealed record MaskableReport(IReadOnlyList<MaskableTensor> Maskable, IReadOnlyList<DenseTensor> LeftDense)
{
    /// <summary>Number of maskable weights over all tensors.</summary>
    public long WeightCount => Maskable.Sum(tensor => tensor.WeightCount);
}
