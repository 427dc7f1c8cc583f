using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>Vectors are copied to the reader: the memory of ours is filled again by the next batch.</summary>
internal sealed class BufferedVectors<T>(DataViewRow source, DataViewSchema.Column column, int capacity)
    : BufferedColumn
{
    private readonly ValueGetter<VBuffer<T>> _source = source.GetGetter<VBuffer<T>>(column);
    private readonly VBuffer<T>[] _rows = new VBuffer<T>[capacity];

    public ref readonly VBuffer<T> this[int row] => ref _rows[row];

    public override void Read(int row) => _source(ref _rows[row]);

    public override Delegate Getter(BatchPosition position) =>
        new ValueGetter<VBuffer<T>>((ref VBuffer<T> value) => _rows[position.Row].CopyTo(ref value));
}
