using Microsoft.ML;

namespace Elsa.MLNet.Data;

/// <summary>
/// Values that are handed on as they are: numbers, keys, text, and objects such as images. An object that was handed to
/// the reader is the reader's; only one that was not is offered to the source for reuse (which may dispose it).
/// </summary>
internal sealed class BufferedValues<T>(DataViewRow source, DataViewSchema.Column column, int capacity) : BufferedColumn
{
    private readonly ValueGetter<T> _source = source.GetGetter<T>(column);
    private readonly T[] _rows = new T[capacity];
    private readonly bool[] _handedOn = new bool[capacity];

    public override void Read(int row)
    {
        if (_handedOn[row])
        {
            _handedOn[row] = false;
            _rows[row] = default!;
        }
        _source(ref _rows[row]);
    }

    public override Delegate Getter(BatchPosition position) => new ValueGetter<T>((ref T value) =>
    {
        int row = position.Row;
        _handedOn[row] = true;
        value = _rows[row];
    });
}
