using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>
/// Reads a batch of rows ahead and scores it when the first of its scores is asked for. Everything else about a row
/// (its active columns, id and batch number) is kept with it, so a reader sees what it would see reading row by row. An
/// error of the source reaches the reader at the row where it happened.
/// </summary>
internal sealed class ReadAheadCursor : DataViewRowCursor, IScoredRow
{
    private readonly DataViewRowCursor _source;
    private readonly ScoredSchema _schema;
    private readonly IRowModel _model;
    private readonly Cancellation _cancellation;
    private readonly int _capacity;
    private readonly BatchPosition _position = new();
    private readonly BufferedColumn?[] _columns;
    private readonly BufferedColumn[] _read;
    private readonly bool[] _active;
    private readonly InputFeed[] _feeds;
    private readonly ValueGetter<DataViewRowId> _id;
    private readonly DataViewRowId[] _ids;
    private readonly long[] _batches;
    private IBatchScorer? _scorer;
    private ExceptionDispatchInfo? _failure;
    private long _count = -1;
    private int _rows;
    private int _row = -1;
    private bool _scored;
    private bool _ended;

    /// <param name="source">Cursor with the columns that <see cref="ScoredSchema.Needed"/> tells; ours from now
    /// on.</param>
    /// <param name="schema">Columns.</param>
    /// <param name="active">Which of them are asked for; one that the model makes is.</param>
    /// <param name="model">Scores the rows.</param>
    /// <param name="cancellation">Is looked at before every batch.</param>
    /// <param name="capacity">Most rows of a batch.</param>
    public ReadAheadCursor(
        DataViewRowCursor source, ScoredSchema schema, bool[] active, IRowModel model, Cancellation cancellation,
        int capacity)
    {
        _source = source;
        _schema = schema;
        _model = model;
        _cancellation = cancellation;
        _capacity = capacity;
        _columns = [.. active.Select((asked, index) => asked && schema.SourceColumn(index) is { } column
            ? BufferedColumn.Of(source, column, capacity)
            : null)];
        _read = [.. _columns.OfType<BufferedColumn>()];
        _active = active;
        _feeds = [.. schema.Inputs.Select(input => InputFeed.Of(source, input, schema.Kept(_columns, input)))];
        _id = source.GetIdGetter();
        _ids = new DataViewRowId[capacity];
        _batches = new long[capacity];
    }

    public override DataViewSchema Schema => _schema.Schema;

    public override long Position => _count;

    public override long Batch => _row >= 0 ? _batches[_row] : _source.Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _ids[_position.Row];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!_active[column.Index])
            throw RowErrors.Inactive(column);
        var getter = _columns[column.Index] is { } buffered
            ? buffered.Getter(_position)
            : OutputGetter.Of(this, _schema.Output(column.Index), column.Type);
        return getter as ValueGetter<TValue> ?? throw RowErrors.WrongType(column, typeof(TValue));
    }

    public override bool MoveNext()
    {
        if (_ended)
            return false;
        if (_row + 1 >= _rows && !ReadBatch())
        {
            Dispose();
            return false;
        }
        _count++;
        _position.Row = ++_row;
        return true;
    }

    public (IBatchScorer Scorer, int Row) Scored()
    {
        int row = _position.Row;
        if (!_scored)
        {
            _cancellation.ThrowIfRequested();
            _scorer!.Run(_rows);
            _scored = true;
        }
        return (_scorer!, row);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_ended)
        {
            _source.Dispose();
            _scorer?.Dispose();
        }
        _ended = true;
        _position.Row = _row = -1;
        _count = -1;
        base.Dispose(disposing);
    }

    private IBatchScorer Open()
    {
        var scorer = _model.Open(_schema.RowInputs, _capacity);
        for (int input = 0; input < _feeds.Length; input++)
            _feeds[input].Connect(scorer.Inputs(input));
        return scorer;
    }

    private bool ReadBatch()
    {
        _failure?.Throw();
        _cancellation.ThrowIfRequested();
        _scorer ??= Open();
        _position.Row = _row = -1;
        _rows = 0;
        _scored = false;
        try
        {
            while (_rows < _scorer.Capacity && _source.MoveNext())
            {
                ReadRow(_rows);
                _rows++;
            }
        }
        catch (Exception failure) when (_rows > 0)
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
        }
        return _rows > 0;
    }

    private void ReadRow(int row)
    {
        foreach (var column in _read)
            column.Read(row);
        foreach (var feed in _feeds)
            feed.Read(row);
        _id(ref _ids[row]);
        _batches[row] = _source.Batch;
    }
}
