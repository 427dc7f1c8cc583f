using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>Facts about the element types of ONNX tensors.</summary>
internal static class ElementTypes
{
    /// <summary>The types whose weights can be masked.</summary>
    public static bool IsMaskable(int dataType) =>
        (DataType)dataType is DataType.Float or DataType.Float16 or DataType.Bfloat16 or DataType.Double || IsQuantized(dataType);

    /// <summary>Whether it is a type in which networks keep quantized weights.</summary>
    public static bool IsQuantized(int dataType) => (DataType)dataType is DataType.Int8 or DataType.Uint8;

    /// <summary>Whether it is a type in which networks keep weights: any floating point.</summary>
    public static bool IsFloat(int dataType) => (DataType)dataType is DataType.Float or DataType.Float16
        or DataType.Bfloat16 or DataType.Double or DataType.Float8E4M3Fn or DataType.Float8E4M3Fnuz
        or DataType.Float8E5M2 or DataType.Float8E5M2Fnuz;

    /// <summary>Size of one element in bytes, or 0 for types that have no fixed whole number of bytes.</summary>
    public static int ByteSize(int dataType) => (DataType)dataType switch
    {
        DataType.Uint8 or DataType.Int8 or DataType.Bool => 1,
        DataType.Float8E4M3Fn or DataType.Float8E4M3Fnuz or DataType.Float8E5M2 or DataType.Float8E5M2Fnuz => 1,
        DataType.Float8E8M0 => 1,
        DataType.Float16 or DataType.Bfloat16 or DataType.Uint16 or DataType.Int16 => 2,
        DataType.Float or DataType.Int32 or DataType.Uint32 => 4,
        DataType.Double or DataType.Int64 or DataType.Uint64 or DataType.Complex64 => 8,
        DataType.Complex128 => 16,
        _ => 0,
    };

    /// <summary>The type's name as ONNX writes it, in lower case, e.g. float32, bfloat16, int8.</summary>
    public static string Name(int dataType) => (DataType)dataType switch
    {
        DataType.Float => "float32",
        DataType.Double => "float64",
        var type when Enum.IsDefined(type) => type.ToString().ToLowerInvariant(),
        _ => $"type {dataType}",
    };
}
