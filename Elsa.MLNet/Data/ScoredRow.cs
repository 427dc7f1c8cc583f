using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>
/// A live view of a single row with what the model makes of it, computed when it is asked for, once per position of the
/// input. Without a scorer it only passes columns through.
/// </summary>
internal sealed class ScoredRow(
    DataViewRow input, ScoredSchema schema, bool[] active, IBatchScorer? scorer, Cancellation? cancellation)
    : DataViewRow, IScoredRow
{
    private readonly InputFeed[] _feeds = scorer is null ? [] : schema.Feeds(input, scorer);
    private long _scoredPosition = -1;
    private bool _disposed;

    public override DataViewSchema Schema => schema.Schema;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!active[column.Index])
            throw RowErrors.Inactive(column);
        if (schema.SourceColumn(column.Index) is { } source)
            return input.GetGetter<TValue>(source);
        return OutputGetter.Of(this, schema.Output(column.Index), column.Type) as ValueGetter<TValue>
            ?? throw RowErrors.WrongType(column, typeof(TValue));
    }

    public (IBatchScorer Scorer, int Row) Scored()
    {
        long position = input.Position;
        if (position < 0 || position != _scoredPosition)
        {
            cancellation!.ThrowIfRequested();
            _scoredPosition = -1;
            foreach (var feed in _feeds)
                feed.Read(0);
            scorer!.Run(1);
            _scoredPosition = position;
        }
        return (scorer!, 0);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            scorer?.Dispose();
            input.Dispose();
        }
        _disposed = true;
        base.Dispose(disposing);
    }
}
