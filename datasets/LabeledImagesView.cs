using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Datasets;

/// <summary>ML.NET's view of a <see cref="LabeledImages"/>; nothing is converted before a row is read.</summary>
sealed class LabeledImagesView : IDataView
{
    readonly LabeledImages _images;
    readonly PixelScaling _scaling;

    public LabeledImagesView(LabeledImages images, PixelScaling scaling)
    {
        scaling.CheckChannels(images.Channels);
        (_images, _scaling) = (images, scaling);
        var names = images.ClassNames.Select(name => name.AsMemory()).ToArray();
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add<VBuffer<ReadOnlyMemory<char>>>(
            "KeyValues", new VectorDataViewType(TextDataViewType.Instance, names.Length),
            (ref VBuffer<ReadOnlyMemory<char>> values) => names.CopyTo(Resize(ref values, names.Length)));
        var schema = new DataViewSchema.Builder();
        schema.AddColumn(
            "Features",
            new VectorDataViewType(NumberDataViewType.Single, images.Channels, images.Height, images.Width));
        schema.AddColumn("Label", new KeyDataViewType(typeof(uint), names.Length), annotations.ToAnnotations());
        Schema = schema.ToSchema();
    }

    public DataViewSchema Schema { get; }

    public bool CanShuffle => true;

    public long? GetRowCount() => _images.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var order = rand is null ? null : Enumerable.Range(0, _images.Count).ToArray();
        rand?.Shuffle(order.AsSpan());
        var active = new bool[Schema.Count];
        foreach (var column in columnsNeeded)
            active[column.Index] = true;
        return new LabeledImagesCursor(_images, _scaling, Schema, active, order);
    }

    public DataViewRowCursor[] GetRowCursorSet(
        IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    /// <summary>Makes a dense buffer of <paramref name="length"/> values, in the old memory where it is large
    /// enough.</summary>
    public static Span<T> Resize<T>(ref VBuffer<T> buffer, int length)
    {
        var editor = VBufferEditor.Create(ref buffer, length);
        buffer = editor.Commit();
        return editor.Values;
    }
}
