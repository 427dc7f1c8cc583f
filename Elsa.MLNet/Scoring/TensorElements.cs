using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring;

/// <summary>Single precision, which ML.NET's columns have, to and from the element types of a model.</summary>
internal static class TensorElements
{
    public static bool CanConvert(DataType type) => type is DataType.Float or DataType.Float16 or DataType.Double;

    public static int Bytes(DataType type) => type switch
    {
        DataType.Float16 => 2,
        DataType.Float => 4,
        _ => 8,
    };

    public static TensorElementType RuntimeType(DataType type) => type switch
    {
        DataType.Float16 => TensorElementType.Float16,
        DataType.Float => TensorElementType.Float,
        _ => TensorElementType.Double,
    };

    /// <summary>
    /// Writes single precision as <paramref name="type"/>. Float16 rounds to nearest, and to infinity beyond 65,504.
    /// </summary>
    public static void Encode(ReadOnlySpan<float> values, DataType type, Span<byte> destination)
    {
        if (type == DataType.Float16)
            TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(destination));
        else if (type == DataType.Double)
            TensorPrimitives.ConvertTruncating<float, double>(values, MemoryMarshal.Cast<byte, double>(destination));
        else
            MemoryMarshal.AsBytes(values).CopyTo(destination);
    }

    /// <summary>Reads <paramref name="type"/> as single precision. Double rounds to nearest.</summary>
    public static void Decode(ReadOnlySpan<byte> source, DataType type, Span<float> values)
    {
        if (type == DataType.Float16)
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), values);
        else if (type == DataType.Double)
            TensorPrimitives.ConvertTruncating<double, float>(MemoryMarshal.Cast<byte, double>(source), values);
        else
            source.CopyTo(MemoryMarshal.AsBytes(values));
    }
}
