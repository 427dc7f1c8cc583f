using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>
/// A live view of a single row with its score: the score is computed when it is asked for, once per position of the
/// input. Without a scorer it only passes columns through.
/// </summary>
internal sealed class ScoredRow(
    DataViewRow input, ScoredSchema schema, bool[] active, IBatchScorer? scorer, Cancellation? cancellation)
    : DataViewRow
{
    private readonly InputReader? _reader = scorer is null ? null : new InputReader(input, schema.Input);
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
        return new ValueGetter<VBuffer<float>>(GetScore) as ValueGetter<TValue>
            ?? throw RowErrors.WrongType(column, typeof(TValue));
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

    private void GetScore(ref VBuffer<float> value)
    {
        long position = input.Position;
        if (position < 0 || position != _scoredPosition)
        {
            cancellation!.ThrowIfRequested();
            _scoredPosition = -1;
            _reader!.Read(scorer!.Input(0));
            scorer.Run(1);
            _scoredPosition = position;
        }
        var editor = VBufferEditor.Create(ref value, schema.OutputSize);
        scorer!.Score(0).CopyTo(editor.Values);
        value = editor.Commit();
    }
}
