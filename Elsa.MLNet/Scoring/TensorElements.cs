using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime.Tensors;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring;

/// <summary>The element types of a model's tensors, and the values of ML.NET's columns that stand for them.</summary>
internal static class TensorElements
{
    private static readonly Dictionary<DataType, (PrimitiveDataViewType Item, TensorElementType Runtime, int Bytes)> Known = new()
    {
        [DataType.Float] = (NumberDataViewType.Single, TensorElementType.Float, 4),
        [DataType.Float16] = (NumberDataViewType.Single, TensorElementType.Float16, 2),
        [DataType.Double] = (NumberDataViewType.Single, TensorElementType.Double, 8),
        [DataType.Int8] = (NumberDataViewType.SByte, TensorElementType.Int8, 1),
        [DataType.Uint8] = (NumberDataViewType.Byte, TensorElementType.UInt8, 1),
        [DataType.Int16] = (NumberDataViewType.Int16, TensorElementType.Int16, 2),
        [DataType.Uint16] = (NumberDataViewType.UInt16, TensorElementType.UInt16, 2),
        [DataType.Int32] = (NumberDataViewType.Int32, TensorElementType.Int32, 4),
        [DataType.Uint32] = (NumberDataViewType.UInt32, TensorElementType.UInt32, 4),
        [DataType.Int64] = (NumberDataViewType.Int64, TensorElementType.Int64, 8),
        [DataType.Uint64] = (NumberDataViewType.UInt64, TensorElementType.UInt64, 8),
        [DataType.Bool] = (BooleanDataViewType.Instance, TensorElementType.Bool, 1),
        [DataType.String] = (TextDataViewType.Instance, TensorElementType.String, 0),
    };

    /// <summary>For messages.</summary>
    public const string Allowed = "float, float16, double, integers, bool and string";

    /// <summary>Whether columns have values for the type.</summary>
    public static bool CanConvert(DataType type) => Known.ContainsKey(type);

    /// <summary>Whether the type is one of the floating-point types, all of which a column of Single stands for.</summary>
    public static bool IsFloating(DataType type) => type is DataType.Float or DataType.Float16 or DataType.Double;

    /// <summary>Type of the values in a column that is made from such a tensor.</summary>
    public static PrimitiveDataViewType ItemType(DataType type) => Known[type].Item;

    /// <summary>
    /// Types of the values in a column that may feed such a tensor: its own; for floating point also bytes, as pixels
    /// are, and Double for Double.
    /// </summary>
    public static IReadOnlyList<DataViewType> Feeding(DataType type) => type switch
    {
        DataType.Double => [NumberDataViewType.Single, NumberDataViewType.Double, NumberDataViewType.Byte],
        DataType.Float or DataType.Float16 => [NumberDataViewType.Single, NumberDataViewType.Byte],
        _ => [ItemType(type)],
    };

    /// <summary>Bytes of one value.</summary>
    public static int Bytes(DataType type) => Known[type].Bytes;

    public static TensorElementType RuntimeType(DataType type) => Known[type].Runtime;

    /// <summary>Whether a column's values are in memory as the tensor's are.</summary>
    public static bool IsSame(DataType type, Type item) => type switch
    {
        DataType.Float16 => false,
        DataType.Double => item == typeof(double),
        _ => item == ItemType(type).RawType,
    };

    /// <summary>
    /// Writes values as <paramref name="type"/>. Float16 rounds to nearest, and to infinity beyond 65,504.
    /// </summary>
    public static void Encode<T>(ReadOnlySpan<T> values, DataType type, Span<byte> destination)
        where T : unmanaged, INumberBase<T>
    {
        if (type == DataType.Float16)
            TensorPrimitives.ConvertTruncating(values, MemoryMarshal.Cast<byte, Half>(destination));
        else if (type == DataType.Double)
            TensorPrimitives.ConvertTruncating(values, MemoryMarshal.Cast<byte, double>(destination));
        else
            TensorPrimitives.ConvertTruncating(values, MemoryMarshal.Cast<byte, float>(destination));
    }

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

    /// <summary>Reads numbers and truth values of any type, for comparing.</summary>
    public static double[] Numbers(ReadOnlySpan<byte> source, DataType type) => type switch
    {
        DataType.Float => Numbers<float>(source),
        DataType.Float16 => Numbers<Half>(source),
        DataType.Double => Numbers<double>(source),
        DataType.Int8 => Numbers<sbyte>(source),
        DataType.Int16 => Numbers<short>(source),
        DataType.Uint16 => Numbers<ushort>(source),
        DataType.Int32 => Numbers<int>(source),
        DataType.Uint32 => Numbers<uint>(source),
        DataType.Int64 => Numbers<long>(source),
        DataType.Uint64 => Numbers<ulong>(source),
        _ => Numbers<byte>(source),
    };

    private static double[] Numbers<T>(ReadOnlySpan<byte> source)
        where T : unmanaged, INumberBase<T>
    {
        var values = MemoryMarshal.Cast<byte, T>(source);
        var numbers = new double[values.Length];
        TensorPrimitives.ConvertTruncating(values, numbers);
        return numbers;
    }
}
