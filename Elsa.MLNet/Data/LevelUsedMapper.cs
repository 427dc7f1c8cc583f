using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>One row at a time, its score split from the level that gave it.</summary>
internal sealed class LevelUsedMapper(ScoredRowMapper scored, LevelUsedSchema schema) : IRowToRowMapper
{
    public DataViewSchema InputSchema => scored.InputSchema;

    public DataViewSchema OutputSchema => schema.Schema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        scored.GetDependencies(schema.Needed(dependingColumns));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        DataViewSchema.Column[] columns = [.. activeColumns];
        return new Row(scored.GetRow(input, schema.Needed(columns)), schema, columns);
    }

    private sealed class Row(DataViewRow source, LevelUsedSchema schema, DataViewSchema.Column[] columns) : DataViewRow
    {
        private readonly HashSet<int> _active = [.. columns.Select(column => column.Index)];

        public override DataViewSchema Schema => schema.Schema;

        public override long Position => source.Position;

        public override long Batch => source.Batch;

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            IsColumnActive(column) ? schema.Getter<TValue>(source, column) : throw RowErrors.Inactive(column);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                source.Dispose();
            base.Dispose(disposing);
        }
    }
}
