using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>
/// The source's rows under our schema when nobody asks for the score: nothing is buffered and no model runs.
/// </summary>
internal sealed class PassThroughCursor(DataViewRowCursor source, ScoredSchema schema, bool[] active)
    : DataViewRowCursor
{
    public override DataViewSchema Schema => schema.Schema;

    public override long Position => source.Position;

    public override long Batch => source.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        active[column.Index]
            ? source.GetGetter<TValue>(schema.SourceColumn(column.Index)!.Value)
            : throw RowErrors.Inactive(column);

    public override bool MoveNext() => source.MoveNext();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            source.Dispose();
        base.Dispose(disposing);
    }
}
