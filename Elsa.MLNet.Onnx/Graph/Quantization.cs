using System.Runtime.InteropServices;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>What integers q among the weights stand for: w = (q - zero point) * scale.</summary>
/// <param name="Scales">The scales, if they are known.</param>
/// <param name="ZeroPoint">The integer that stands for 0.</param>
/// <param name="ReasonAgainst">Why weights quantized so cannot be masked; null if they can.</param>
internal sealed record Quantization(QuantizationScales? Scales, int ZeroPoint, string? ReasonAgainst)
{
    /// <param name="scope">Where the node stands.</param>
    /// <param name="node">DequantizeLinear, or an operator that takes integers.</param>
    /// <param name="input">Which of its inputs the integers are.</param>
    /// <param name="weights">The integers.</param>
    public static Quantization Of(GraphScope scope, NodeProto node, int input, TensorProto weights)
    {
        // The type alone is reason enough then.
        if (!ElementTypes.IsQuantized(weights.DataType)) return new(null, 0, null);
        if (node.OpType == "DequantizeLinear" && NodeAttribute.Whole(node, "block_size", 0) != 0) return Against("it is quantized in blocks");
        var zeros = ZeroPoints(scope, Input(node, input + 2), weights);
        if (zeros is null) return Against("its zero point is not a constant of its type");
        if (zeros.Distinct().Count() > 1) return Against("its zero points differ; quantize weights with one zero point for all channels");
        var isBehind = IntegerOperators.GivesIntegers(node);
        var scale = isBehind ? IntegerOperators.ScaleBehind(scope, node) : Constant(scope, Input(node, input + 1));
        if (scale is not { DataType: (int)DataType.Float })
            return Against(isBehind
                ? "its scale is not found: looked for is Cast, then Mul by a product with a constant of float32"
                : "its scale is not a constant of float32");
        var axis = node.OpType == "DequantizeLinear" ? (int)NodeAttribute.Whole(node, "axis", 1) : IntegerOperators.ScaleAxis(node, input);
        if (axis < 0) axis += weights.Dims.Count;
        var values = MemoryMarshal.Cast<byte, float>(TensorBytes.Read(scale, null).Span).ToArray();
        return values.Length == 1 || (axis >= 0 && axis < weights.Dims.Count && values.Length == weights.Dims[axis])
            ? new(new QuantizationScales(values, axis), zeros.FirstOrDefault(), null) : Against("its scales do not fit it");
    }

    static Quantization Against(string reason) => new(null, 0, reason);

    /// <summary>None if the node names none: then 0 is 0.</summary>
    static int[]? ZeroPoints(GraphScope scope, string name, TensorProto weights)
    {
        if (name.Length == 0) return [];
        if (Constant(scope, name) is not { } zeros || zeros.DataType != weights.DataType) return null;
        return [.. TensorBytes.Read(zeros, null).ToArray().Select(zero => Integer(zero, weights.DataType == (int)DataType.Int8))];
    }

    static string Input(NodeProto node, int index) => index < node.Input.Count ? node.Input[index] : "";

    /// <summary>The integer that a byte is.</summary>
    public static int Integer(byte bits, bool signed) => signed ? (sbyte)bits : bits;

    public static TensorProto? Constant(GraphScope scope, string name)
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
    public float[] Dequantize(ReadOnlySpan<byte> weights, bool signed, int zeroPoint, IReadOnlyList<long> shape)
    {
        var after = Values.Length == 1 ? 1 : shape.Skip(Axis + 1).Aggregate(1L, (product, dimension) => product * dimension);
        var numbers = new float[weights.Length];
        for (var index = 0; index < numbers.Length; index++)
            numbers[index] = (Quantization.Integer(weights[index], signed) - zeroPoint) * Values[(int)(index / after % Values.Length)];
        return numbers;
    }
}
