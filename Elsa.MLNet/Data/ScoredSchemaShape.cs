using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>What an estimator promises about columns before it has seen data.</summary>
internal static class ScoredSchemaShape
{
    /// <summary>The input's columns with those of the model added; one of an input's name replaces it.</summary>
    /// <exception cref="ArgumentException">An input column is missing or unfit, or an output column
    /// exists.</exception>
    public static SchemaShape Of(SchemaShape source, ScoringColumns columns, ModelColumns model)
    {
        for (int input = 0; input < columns.Inputs.Count; input++)
            Check(source, columns.Inputs[input].ColumnName, model.Inputs[input]);
        var names = columns.Outputs.Select(output => output.ColumnName).ToArray();
        foreach (string name in names)
        {
            if (!columns.IsInput(name) && source.Any(column => column.Name == name))
                throw ColumnErrors.OutputExists(name, columns.InputNames);
        }
        return new SchemaShape(source.Where(column => !names.Contains(column.Name)).Concat(Columns(names, model.Outputs)));
    }

    private static void Check(SchemaShape source, string name, WantedColumn wanted)
    {
        var input = source.Where(column => column.Name == name).Cast<SchemaShape.Column?>().FirstOrDefault()
            ?? throw ColumnErrors.NoInput(name, source.Select(column => column.Name));
        string type = input.Kind == SchemaShape.Column.VectorKind.Scalar
            ? input.ItemType.ToString()!
            : $"{input.Kind}<{input.ItemType}>";
        if (input.IsKey || !wanted.ItemTypes.Contains(input.ItemType))
            throw ColumnErrors.WrongType(input.Name, input.IsKey ? $"Key<{type}>" : type, wanted);
        if (input.Kind == SchemaShape.Column.VectorKind.VariableVector)
            throw ColumnErrors.VariableSize(input.Name, type, wanted.Description);
    }

    // ML.NET keeps the constructor of SchemaShape.Column to itself, but hands a shape made from any schema to the
    // estimators of a chain that is fitted.
    private static SchemaShape Columns(string[] names, IReadOnlyList<DataViewType> types)
    {
        var builder = new DataViewSchema.Builder();
        for (int column = 0; column < names.Length; column++)
            builder.AddColumn(names[column], types[column]);
        var probe = new ShapeProbe();
        new EstimatorChain<ITransformer>().Append(probe).Fit(new NoRows(builder.ToSchema()));
        return probe.Seen!;
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
