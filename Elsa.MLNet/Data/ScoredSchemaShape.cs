using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>What an estimator promises about columns before it has seen data.</summary>
internal static class ScoredSchemaShape
{
    /// <summary>The input's columns with the score added, or with the input column replaced by it.</summary>
    /// <exception cref="ArgumentException">The input column is missing or unfit, or the output column
    /// exists.</exception>
    public static SchemaShape Of(SchemaShape source, ScoringColumns columns, string wanted)
    {
        var input = source.Where(c => c.Name == columns.Input).Cast<SchemaShape.Column?>().FirstOrDefault()
            ?? throw ColumnErrors.NoInput(columns.Input, source.Select(c => c.Name));
        if (columns.Output != columns.Input && source.Any(c => c.Name == columns.Output))
            throw ColumnErrors.OutputExists(columns.Output, columns.Input);
        string type = input.Kind == SchemaShape.Column.VectorKind.Scalar
            ? input.ItemType.ToString()!
            : $"{input.Kind}<{input.ItemType}>";
        if (input.IsKey || input.ItemType != NumberDataViewType.Single)
            throw ColumnErrors.WrongType(input.Name, input.IsKey ? $"Key<{type}>" : type, wanted);
        if (input.Kind == SchemaShape.Column.VectorKind.VariableVector)
            throw ColumnErrors.VariableSize(input.Name, type, wanted);
        return new SchemaShape(source.Where(c => c.Name != columns.Output).Append(VectorColumn(columns.Output)));
    }

    // ML.NET keeps the constructor of SchemaShape.Column to itself, but hands a shape made from any schema to the
    // estimators of a chain that is fitted.
    private static SchemaShape.Column VectorColumn(string name)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn(name, new VectorDataViewType(NumberDataViewType.Single, 1));
        var probe = new ShapeProbe();
        new EstimatorChain<ITransformer>().Append(probe).Fit(new NoRows(builder.ToSchema()));
        return probe.Seen!.Single();
    }

    private sealed class ShapeProbe : IEstimator<ITransformer>
    {
        public SchemaShape? Seen { get; private set; }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => Seen = inputSchema;

        public ITransformer Fit(IDataView input) => new TransformerChain<ITransformer>();
    }

    private sealed class NoRows(DataViewSchema schema) : IDataView
    {
        public bool CanShuffle => false;

        public DataViewSchema Schema => schema;

        public long? GetRowCount() => 0;

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
            throw new NotSupportedException("This data view exists for its schema only.");

        public DataViewRowCursor[] GetRowCursorSet(
            IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
            throw new NotSupportedException("This data view exists for its schema only.");
    }
}
