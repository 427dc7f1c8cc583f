using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>Scored rows whose score is split from the level that gave it.</summary>
internal sealed class LevelUsedDataView(ScoredDataView scored, LevelUsedSchema schema) : IDataView
{
    public bool CanShuffle => scored.CanShuffle;

    public DataViewSchema Schema => schema.Schema;

    public long? GetRowCount() => scored.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        return new Cursor(scored.GetRowCursor(schema.Needed(columns), rand), schema, columns);
    }

    public DataViewRowCursor[] GetRowCursorSet(
        IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        return [.. scored.GetRowCursorSet(schema.Needed(columns), n, rand).Select(c => new Cursor(c, schema, columns))];
    }

    private sealed class Cursor(DataViewRowCursor source, LevelUsedSchema schema, DataViewSchema.Column[] columns)
        : DataViewRowCursor
    {
        private readonly HashSet<int> _active = [.. columns.Select(column => column.Index)];

        public override DataViewSchema Schema => schema.Schema;

        public override long Position => source.Position;

        public override long Batch => source.Batch;

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            IsColumnActive(column) ? schema.Getter<TValue>(source, column) : throw RowErrors.Inactive(column);

        public override bool MoveNext() => source.MoveNext();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                source.Dispose();
            base.Dispose(disposing);
        }
    }
}
