using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>Reads the scored column of the current row as dense numbers.</summary>
internal sealed class InputReader
{
    private readonly ValueGetter<VBuffer<float>>? _vector;
    private readonly ValueGetter<float>? _scalar;
    private readonly DataViewRow _source;
    private readonly string _name;
    private VBuffer<float> _row;

    public InputReader(DataViewRow source, DataViewSchema.Column column)
    {
        (_source, _name) = (source, column.Name);
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
        if (_row.Length != destination.Length)
            throw RowErrors.WrongLength(_name, _row.Length, destination.Length, _source.Position);
        _row.CopyTo(destination);
    }

    /// <summary>Writes a value that was fetched before.</summary>
    /// <exception cref="InvalidOperationException">The row has another number of values than its column's type
    /// says.</exception>
    public void Write(in VBuffer<float> row, Span<float> destination)
    {
        if (row.Length != destination.Length)
            throw RowErrors.WrongLength(_name, row.Length, destination.Length, null);
        row.CopyTo(destination);
    }
}
