using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Data;

/// <summary>Scores one row at a time, for prediction engines and for chains of row-to-row transformers.</summary>
internal sealed class ScoredRowMapper(
    IHost host, ScoredSchema schema, IRowModel model, ElsaExecutionOptions execution) : IRowToRowMapper
{
    public DataViewSchema InputSchema => schema.Source;

    public DataViewSchema OutputSchema => schema.Schema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        schema.Needed(schema.Active(dependingColumns));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        if (input.Schema != InputSchema)
        {
            throw new ArgumentException(
                "The row has another schema than the mapper was made for. Make a mapper for the row's schema.",
                nameof(input));
        }
        var active = schema.Active(activeColumns);
        if (!schema.NeedsModel(active))
            return new ScoredRow(input, schema, active, scorer: null, cancellation: null);
        var cancellation = new Cancellation(host, execution.CancellationToken);
        return new ScoredRow(input, schema, active, model.Open(schema.RowInputs, batchSize: 1), cancellation);
    }
}
