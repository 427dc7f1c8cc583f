using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Data;

/// <summary>The source's rows and their scores, computed batch by batch while they are read.</summary>
internal sealed class ScoredDataView : IDataView
{
    private readonly IHost _host;
    private readonly IDataView _source;
    private readonly ScoredSchema _schema;
    private readonly IRowModel _model;
    private readonly ElsaExecutionOptions _execution;

    /// <summary>Nothing is read yet.</summary>
    public ScoredDataView(
        IHost host, IDataView source, ScoredSchema schema, IRowModel model, ElsaExecutionOptions execution)
    {
        _host = host;
        _source = source;
        _schema = schema;
        _model = model;
        _execution = execution;
    }

    public bool CanShuffle => _source.CanShuffle;

    public DataViewSchema Schema => _schema.Schema;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = _schema.Active(columnsNeeded);
        return Cursor(_source.GetRowCursor(_schema.Needed(active), CanShuffle ? rand : null), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(
        IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var active = _schema.Active(columnsNeeded);
        var sources = _source.GetRowCursorSet(_schema.Needed(active), n, CanShuffle ? rand : null);
        return [.. sources.Select(source => Cursor(source, active))];
    }

    private DataViewRowCursor Cursor(DataViewRowCursor source, bool[] active)
    {
        if (!_schema.NeedsModel(active))
            return new PassThroughCursor(source, _schema, active);
        long capacity = Math.Clamp(_source.GetRowCount() ?? _execution.BatchSize, 1, _execution.BatchSize);
        var cancellation = new Cancellation(_host, _execution.CancellationToken);
        return new ReadAheadCursor(source, _schema, active, _model, cancellation, (int)capacity);
    }
}
