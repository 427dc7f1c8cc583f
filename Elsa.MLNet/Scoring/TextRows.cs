using Elsa.MLNet.Data;
using Microsoft.ML.OnnxRuntime;

namespace Elsa.MLNet.Scoring;

/// <summary>The rows of a tensor of strings, as texts of a column. ONNX Runtime keeps copies of its own.</summary>
internal sealed class TextRows : IRowValues<ReadOnlyMemory<char>>
{
    private readonly ReadOnlyMemory<char>[] _values;
    private readonly long[] _rowDimensions;
    private readonly bool _hasBatch;

    public TextRows(long[] rowDimensions, bool hasBatch, int capacity)
    {
        (_rowDimensions, _hasBatch) = (rowDimensions, hasBatch);
        RowSize = (int)rowDimensions.Aggregate(1L, (product, dimension) => product * dimension);
        _values = new ReadOnlyMemory<char>[checked(capacity * RowSize)];
    }

    /// <summary>Values of one row.</summary>
    public int RowSize { get; }

    public Span<ReadOnlyMemory<char>> Row(int row) => _values.AsSpan(row * RowSize, RowSize);

    /// <summary>The first rows as a new tensor.</summary>
    public OrtValue Tensor(int rows)
    {
        var tensor = OrtValue.CreateTensorWithEmptyStrings(
            OrtAllocator.DefaultInstance, _hasBatch ? [rows, .. _rowDimensions] : _rowDimensions);
        for (int index = 0; index < rows * RowSize; index++)
            tensor.StringTensorSetElementAt(_values[index], index);
        return tensor;
    }

    /// <summary>Copies the first rows of a tensor.</summary>
    public void Take(OrtValue tensor, int rows)
    {
        for (int index = 0; index < rows * RowSize; index++)
            _values[index] = tensor.GetStringElement(index).AsMemory();
    }
}
