using System.Runtime.InteropServices;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>How DequantizeLinear makes numbers of integer weights: w = (q - zero point) * scale.</summary>
/// <param name="Scales">The scales, if they are known.</param>
/// <param name="ReasonAgainst">Why weights quantized so cannot be masked; null if they can.</param>
internal sealed record Quantization(QuantizationScales? Scales, string? ReasonAgainst)
{
    /// <param name="scope">Where the node stands.</param>
    /// <param name="node">DequantizeLinear.</param>
    /// <param name="weights">The integers.</param>
    public static Quantization Of(GraphScope scope, NodeProto node, TensorProto weights)
    {
        if (NodeAttribute.Whole(node, "block_size", 0) != 0) return new(null, "it is quantized in blocks");
        if (node.Input.Count > 2 && node.Input[2].Length > 0
            && (Constant(scope, node.Input[2]) is not { } zeros || TensorBytes.Read(zeros, null).Span.ContainsAnyExcept((byte)0)))
            return new(null, "its zero point is not 0; quantize weights symmetrically");
        if (Constant(scope, node.Input[1]) is not { DataType: (int)DataType.Float } scales)
            return new(null, "its scale is not a constant of float32");
        var axis = (int)NodeAttribute.Whole(node, "axis", 1);
        if (axis < 0) axis += weights.Dims.Count;
        var values = MemoryMarshal.Cast<byte, float>(TensorBytes.Read(scales, null).Span).ToArray();
        return values.Length == 1 || (axis < weights.Dims.Count && values.Length == weights.Dims[axis])
            ? new(new QuantizationScales(values, axis), null) : new(null, "its scales do not fit it");
    }

    static TensorProto? Constant(GraphScope scope, string name)
    {
        if (!scope.TryResolve(name, out _, out var initializer, out var producer)) return null;
        var tensor = initializer ?? (producer!.OpType == "Constant" ? WeightFinder.ConstantValue(producer) : null);
        return tensor is null || TensorBytes.IsExternal(tensor) ? null : tensor;
    }
}

/// <summary>The scale of each quantized weight.</summary>
/// <param name="Values">One for all weights, or one for each index along an axis.</param>
/// <param name="Axis">That axis.</param>
internal sealed record QuantizationScales(float[] Values, int Axis)
{
    /// <summary>The numbers that quantized weights stand for.</summary>
    public float[] Dequantize(ReadOnlySpan<sbyte> weights, IReadOnlyList<long> shape)
    {
        var after = Values.Length == 1 ? 1 : shape.Skip(Axis + 1).Aggregate(1L, (product, dimension) => product * dimension);
        var numbers = new float[weights.Length];
        for (var index = 0; index < numbers.Length; index++)
            numbers[index] = weights[index] * Values[(int)(index / after % Values.Length)];
        return numbers;
    }
}
