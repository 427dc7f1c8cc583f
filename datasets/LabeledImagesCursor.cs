using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Datasets;

/// <summary>Walks the pictures in order, or in <paramref name="order"/> where one is given.</summary>
sealed class LabeledImagesCursor(
    LabeledImages images, PixelScaling scaling, DataViewSchema schema, bool[] active, int[]? order) : DataViewRowCursor
{
    long _position = -1;
    bool _done;

    public override DataViewSchema Schema => schema;

    public override long Position => _position;

    public override long Batch => 0;

    int Row
    {
        get
        {
            if (_position < 0)
                throw new InvalidOperationException(
                    "The cursor stands on no row. Read values after MoveNext returned true.");
            return order is null ? (int)_position : order[_position];
        }
    }

    public override bool MoveNext()
    {
        _done |= _position + 1 == images.Count;
        _position = _done ? -1 : _position + 1;
        return !_done;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() =>
        (ref DataViewRowId id) => id = new DataViewRowId((ulong)Row, 0);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw new InvalidOperationException(
                $"Column '{column.Name}' was not asked for when the cursor was made. Name it in columnsNeeded.");
        Delegate getter = column.Name == "Features" ? (ValueGetter<VBuffer<float>>)Features : (ValueGetter<uint>)Label;
        return getter as ValueGetter<TValue> ?? throw new InvalidOperationException(
            $"Column '{column.Name}' has type {column.Type} and cannot be read as {typeof(TValue)}.");
    }

    void Features(ref VBuffer<float> value) => scaling.Apply(
        images.Image(Row), images.Channels, LabeledImagesView.Resize(ref value, images.BytesPerImage));

    void Label(ref uint value) => value = (uint)images.Labels[Row] + 1;
}
