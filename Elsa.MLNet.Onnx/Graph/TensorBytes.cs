using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// The elements of a tensor as little-endian bytes in row-major order, wherever ONNX keeps them: raw data, a typed list,
/// or a file beside the model. The only place that decodes tensor data.
/// </summary>
internal static class TensorBytes
{
    /// <summary>Number of elements, the product of the dimensions.</summary>
    /// <exception cref="InvalidDataException">A dimension is negative or the product is too large.</exception>
    public static long ElementCount(TensorProto tensor)
    {
        var count = 1L;
        foreach (var dimension in tensor.Dims)
            if (dimension < 0 || (dimension > 0 && count > long.MaxValue / 16 / dimension))
                throw new InvalidDataException($"Tensor '{tensor.Name}' has the shape [{string.Join(',', tensor.Dims)}]; " +
                    "dimensions must be 0 or more and their product must fit in memory.");
            else count *= dimension;
        return count;
    }

    /// <summary>Number of bytes of the elements.</summary>
    /// <exception cref="InvalidDataException">The element type has no whole number of bytes, or a dimension is bad.</exception>
    public static long ByteCount(TensorProto tensor)
    {
        var size = ElementTypes.ByteSize(tensor.DataType);
        if (size == 0)
            throw new InvalidDataException($"Tensor '{tensor.Name}' has the element type " +
                $"{ElementTypes.Name(tensor.DataType)}, whose bytes cannot be addressed.");
        return checked(ElementCount(tensor) * size);
    }

    public static bool IsExternal(TensorProto tensor) => tensor.DataLocation == DataLocation.External;

    /// <summary>The elements; raw data is not copied.</summary>
    /// <param name="tensor">A tensor of a type with a whole number of bytes.</param>
    /// <param name="directory">Folder of the model file, for external data; null if the model came from memory.</param>
    /// <exception cref="InvalidDataException">The data does not fit the shape, or an external file is missing, outside
    /// the folder, or too short.</exception>
    public static ReadOnlyMemory<byte> Read(TensorProto tensor, string? directory)
    {
        var expected = ByteCount(tensor);
        CheckOnePlace(tensor);
        if (IsExternal(tensor)) return ExternalData.Locate(tensor, directory, expected).ReadAll();
        var bytes = tensor.HasRawData ? tensor.RawData.Memory : FromTypedList(tensor);
        return bytes.Length == expected ? bytes : throw new InvalidDataException(
            $"Tensor '{tensor.Name}' of shape [{string.Join(',', tensor.Dims)}] and type " +
            $"{ElementTypes.Name(tensor.DataType)} needs {expected} bytes of data, but holds {bytes.Length}.");
    }

    /// <summary>Appends the elements to a hash, without holding external ones in memory.</summary>
    public static void AppendTo(IncrementalHash hash, TensorProto tensor, string? directory)
    {
        CheckOnePlace(tensor);
        if (IsExternal(tensor)) ExternalData.Locate(tensor, directory, ByteCount(tensor)).Visit(hash.AppendData);
        else hash.AppendData(Read(tensor, directory).Span);
    }

    /// <summary>Writes the elements to a stream, without holding external ones in memory.</summary>
    public static void CopyTo(Stream destination, TensorProto tensor, string? directory)
    {
        if (IsExternal(tensor)) ExternalData.Locate(tensor, directory, ByteCount(tensor)).Visit(destination.Write);
        else destination.Write(Read(tensor, directory).Span);
    }

    /// <summary>Makes the elements raw data, whatever they were.</summary>
    public static void SetRaw(TensorProto tensor, ReadOnlyMemory<byte> bytes)
    {
        ClearData(tensor);
        tensor.RawData = UnsafeByteOperations.UnsafeWrap(bytes);
    }

    /// <summary>Removes the elements and keeps name, type and shape.</summary>
    public static void ClearData(TensorProto tensor)
    {
        tensor.ClearRawData();
        tensor.FloatData.Clear();
        tensor.DoubleData.Clear();
        tensor.Int32Data.Clear();
        tensor.Int64Data.Clear();
        tensor.Uint64Data.Clear();
        tensor.ExternalData.Clear();
        tensor.ClearDataLocation();
    }

    // Data in a second place would be read by some programs and not by others, and no hash would cover it.
    static void CheckOnePlace(TensorProto tensor)
    {
        var places = 0;
        foreach (var length in (ReadOnlySpan<int>)[tensor.RawData.Length, tensor.FloatData.Count, tensor.DoubleData.Count, tensor.Int32Data.Count,
            tensor.Int64Data.Count, tensor.Uint64Data.Count, tensor.StringData.Count, tensor.ExternalData.Count])
            if (length > 0) places++;
        if (places > 1 || (IsExternal(tensor) ? places == 1 && tensor.ExternalData.Count == 0 : tensor.ExternalData.Count > 0))
            throw new InvalidDataException($"Tensor '{tensor.Name}' has data in several places; " +
                "it must be either raw data, one typed list or an external file.");
    }

    static byte[] FromTypedList(TensorProto tensor) => (DataType)tensor.DataType switch
    {
        DataType.Float or DataType.Complex64 => Copy<float>([.. tensor.FloatData]),
        DataType.Double or DataType.Complex128 => Copy<double>([.. tensor.DoubleData]),
        DataType.Int64 => Copy<long>([.. tensor.Int64Data]),
        DataType.Uint64 => Copy<ulong>([.. tensor.Uint64Data]),
        DataType.Uint32 => Narrow(tensor.Uint64Data, 4, (value, into) => BinaryPrimitives.WriteUInt32LittleEndian(into, (uint)value)),
        DataType.Int32 => Copy<int>([.. tensor.Int32Data]),
        DataType.Float16 or DataType.Bfloat16 or DataType.Int16 or DataType.Uint16 =>
            Narrow(tensor.Int32Data, 2, (value, into) => BinaryPrimitives.WriteUInt16LittleEndian(into, (ushort)value)),
        _ => Narrow(tensor.Int32Data, 1, (value, into) => into[0] = (byte)value),
    };

    static byte[] Copy<T>(ReadOnlySpan<T> values) where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();

    delegate void WriteElement<T>(T value, Span<byte> into);

    static byte[] Narrow<T>(IReadOnlyCollection<T> values, int size, WriteElement<T> write)
    {
        var bytes = new byte[values.Count * size];
        var position = 0;
        foreach (var value in values) write(value, bytes.AsSpan(size * position++, size));
        return bytes;
    }
}
