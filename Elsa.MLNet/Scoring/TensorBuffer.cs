using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// Memory for a batch of rows that does not move, seen as a column's values by us and as a tensor by ONNX Runtime. A
/// batch that is not full is a smaller tensor over the same memory.
/// </summary>
internal sealed class TensorBuffer : IDisposable
{
    private readonly DataType _elementType;
    private readonly long[] _rowDimensions;
    private readonly bool _hasBatch;
    private readonly PinnedMemory _tensor;
    private readonly Array? _staging;
    private OrtValue? _value;
    private int _valueRows;

    /// <param name="elementType">Element type of the tensor.</param>
    /// <param name="rowDimensions">Dimensions of one row.</param>
    /// <param name="hasBatch">Whether the tensor has a leading dimension for the rows; if not, the capacity is
    /// 1.</param>
    /// <param name="capacity">Rows.</param>
    /// <param name="itemType">Type of the column's values; null for Single.</param>
    /// <exception cref="ArgumentException">The rows need more than 2 GB.</exception>
    public TensorBuffer(
        DataType elementType, long[] rowDimensions, bool hasBatch, int capacity, Type? itemType = null)
    {
        _elementType = elementType;
        _rowDimensions = rowDimensions;
        _hasBatch = hasBatch;
        RowSize = (int)rowDimensions.Aggregate(1L, (product, dimension) => product * dimension);
        long bytes = (long)capacity * RowSize * TensorElements.Bytes(elementType);
        if (bytes > PinnedMemory.MostBytes)
        {
            throw new ArgumentException(
                $"{capacity} rows of {RowSize} values need {bytes} bytes in one buffer. At most {PinnedMemory.MostBytes} " +
                "are possible; lower BatchSize.",
                nameof(capacity));
        }
        _tensor = new PinnedMemory((int)bytes);
        if (!TensorElements.IsSame(elementType, itemType ?? typeof(float)))
            _staging = Array.CreateInstance(itemType ?? typeof(float), capacity * RowSize);
    }

    /// <summary>Values of one row.</summary>
    public int RowSize { get; }

    /// <summary>The values of a row, of the column's type.</summary>
    public Span<T> Row<T>(int row)
        where T : unmanaged =>
        (_staging is null ? MemoryMarshal.Cast<byte, T>(_tensor.Span) : (T[])_staging).Slice(row * RowSize, RowSize);

    /// <summary>Values from ONNX Runtime's own memory as those of the first rows.</summary>
    public void Take(ReadOnlySpan<byte> tensor, int rows)
    {
        tensor.CopyTo(_tensor.Span);
        Decode(rows);
    }

    /// <summary>
    /// The first <paramref name="rows"/> rows as a tensor; kept until another number of rows is asked for.
    /// </summary>
    public OrtValue Tensor(int rows)
    {
        if (_value is not null && _valueRows == rows)
            return _value;
        _value?.Dispose();
        _value = Part(0, rows);
        _valueRows = rows;
        return _value;
    }

    /// <summary>Some rows as a tensor, to be disposed by the caller.</summary>
    public OrtValue Part(int first, int rows)
    {
        int rowBytes = RowSize * TensorElements.Bytes(_elementType);
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            TensorElements.RuntimeType(_elementType),
            _hasBatch ? [rows, .. _rowDimensions] : _rowDimensions,
            _tensor.Address + (nint)first * rowBytes,
            (long)rows * rowBytes);
    }

    /// <summary>Brings the values of the first rows into the tensor's element type.</summary>
    public void Encode(int rows)
    {
        int count = rows * RowSize;
        if (_staging is float[] singles)
            TensorElements.Encode(singles.AsSpan(0, count), _elementType, _tensor.Span);
        else if (_staging is byte[] bytes)
            TensorElements.Encode<byte>(bytes.AsSpan(0, count), _elementType, _tensor.Span);
    }

    /// <summary>Brings the first rows of the tensor into single precision.</summary>
    public void Decode(int rows)
    {
        if (_staging is float[] singles)
        {
            int bytes = rows * RowSize * TensorElements.Bytes(_elementType);
            TensorElements.Decode(_tensor.Span[..bytes], _elementType, singles);
        }
    }

    public void Dispose()
    {
        _value?.Dispose();
        _tensor.Dispose();
    }
}
