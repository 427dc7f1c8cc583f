using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>Reads the scored column of the current row as dense numbers.</summary>
internal sealed class InputReader
{
    private readonly ValueGetter<VBuffer<float>>? _vector;
    private readonly ValueGetter<float>? _scalar;
    private readonly string _name;
    private VBuffer<float> _row;

    public InputReader(DataViewRow source, DataViewSchema.Column column)
    {
        _name = column.Name;
        if (column.Type is VectorDataViewType)
            _vector = source.GetGetter<VBuffer<float>>(column);
        else
            _scalar = source.GetGetter<float>(column);
    }

    /// <summary>Fetches the row's value and writes it.</summary>
    /// <exception cref="InvalidOperationException">The row has another number of values than its column's type
    /// says.</exception>
    public void Read(Span<float> destination)
    {
        if (_scalar is not null)
        {
            _scalar(ref destination[0]);
            return;
        }
        _vector!(ref _row);
        Write(_row, destination);
    }

    /// <summary>Writes a value that was fetched before.</summary>
    /// <exception cref="InvalidOperationException">The row has another number of values than its column's type
    /// says.</exception>
    public void Write(in VBuffer<float> row, Span<float> destination)
    {
        if (row.Length != destination.Length)
        {
            throw new InvalidOperationException(
                $"A row of column '{_name}' has {row.Length} values, though the column's type promises " +
                $"{destination.Length}. Correct the component that makes the column.");
        }
        row.CopyTo(destination);
    }
}
