using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>Reads a scored column of the current row as dense values.</summary>
internal sealed class InputReader<T>
{
    private readonly ValueGetter<VBuffer<T>>? _vector;
    private readonly ValueGetter<T>? _scalar;
    private readonly DataViewRow _source;
    private readonly string _name;
    private VBuffer<T> _row;

    public InputReader(DataViewRow source, DataViewSchema.Column column)
    {
        (_source, _name) = (source, column.Name);
        if (column.Type is VectorDataViewType)
            _vector = source.GetGetter<VBuffer<T>>(column);
        else
            _scalar = source.GetGetter<T>(column);
    }

    /// <summary>Fetches the row's value and writes it.</summary>
    /// <exception cref="InvalidOperationException">The row has another number of values than its column's type
    /// says.</exception>
    public void Read(Span<T> destination)
    {
        if (_scalar is not null)
        {
            _scalar(ref destination[0]);
            return;
        }
        _vector!(ref _row);
        if (_row.Length != destination.Length)
            throw RowErrors.WrongLength(_name, _row.Length, destination.Length, _source.Position);
        _row.CopyTo(destination);
    }

    /// <summary>Writes a value that was fetched before.</summary>
    /// <exception cref="InvalidOperationException">The row has another number of values than its column's type
    /// says.</exception>
    public void Write(in VBuffer<T> row, Span<T> destination)
    {
        if (row.Length != destination.Length)
            throw RowErrors.WrongLength(_name, row.Length, destination.Length, null);
        row.CopyTo(destination);
    }
}
