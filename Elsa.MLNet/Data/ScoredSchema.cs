using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>
/// The columns of the source and one more, the score. Its place is where ML.NET puts an added column: right after the
/// column of the same name, which it hides, else at the end.
/// </summary>
internal sealed class ScoredSchema
{
    /// <summary>Checks the source's columns against the model, before any row moves.</summary>
    /// <exception cref="ArgumentException">The input column is missing or unfit, or the output column
    /// exists.</exception>
    public ScoredSchema(DataViewSchema source, ScoringColumns columns, IRowModel model)
    {
        Source = source;
        Input = source.GetColumnOrNull(columns.Input)
            ?? throw ColumnErrors.NoInput(columns.Input, source.Where(c => !c.IsHidden).Select(c => c.Name));
        if (columns.Output != columns.Input && source.GetColumnOrNull(columns.Output) is not null)
            throw ColumnErrors.OutputExists(columns.Output, columns.Input);
        InputSize = SizeOf(Input, model);
        OutputSize = model.OutputSize(InputSize);

        ScoreIndex = columns.Output == columns.Input ? Input.Index + 1 : source.Count;
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(source.Take(ScoreIndex));
        builder.AddColumn(columns.Output, new VectorDataViewType(NumberDataViewType.Single, OutputSize));
        builder.AddColumns(source.Skip(ScoreIndex));
        Schema = builder.ToSchema();
    }

    public DataViewSchema Source { get; }

    public DataViewSchema Schema { get; }

    /// <summary>The scored column, in the source.</summary>
    public DataViewSchema.Column Input { get; }

    /// <summary>Values of one row.</summary>
    public int InputSize { get; }

    /// <summary>Values of one score.</summary>
    public int OutputSize { get; }

    /// <summary>Where the score is in <see cref="Schema"/>.</summary>
    public int ScoreIndex { get; }

    /// <summary>The source's column behind one of ours; null for the score.</summary>
    public DataViewSchema.Column? SourceColumn(int index) =>
        index == ScoreIndex ? null : Source[index < ScoreIndex ? index : index - 1];

    /// <summary>Which of our columns are asked for.</summary>
    /// <exception cref="ArgumentException">A column is not one of ours.</exception>
    public bool[] Active(IEnumerable<DataViewSchema.Column> columns)
    {
        var active = new bool[Schema.Count];
        foreach (var column in columns)
        {
            if (column.Index >= active.Length)
            {
                throw new ArgumentException(
                    $"Column '{column.Name}' is not of this schema of {active.Length} columns. Take columns from " +
                    "this schema.",
                    nameof(columns));
            }
            active[column.Index] = true;
        }
        return active;
    }

    /// <summary>The source's columns needed for ours: those passed through, and the scored one for the score.</summary>
    public IEnumerable<DataViewSchema.Column> Needed(bool[] active)
    {
        var needed = Enumerable.Range(0, active.Length)
            .Where(i => active[i] && i != ScoreIndex)
            .Select(i => SourceColumn(i)!.Value.Index)
            .ToHashSet();
        if (active[ScoreIndex])
            needed.Add(Input.Index);
        return [.. Source.Where(c => needed.Contains(c.Index))];
    }

    private static int SizeOf(DataViewSchema.Column column, IRowModel model)
    {
        string type = column.Type.ToString()!;
        if (column.Type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Single)
        {
            if (!vector.IsKnownSize)
                throw ColumnErrors.VariableSize(column.Name, type, model.InputDescription);
            return model.Accepts(vector.Size)
                ? vector.Size
                : throw ColumnErrors.WrongSize(column.Name, type, model.InputDescription);
        }
        if (column.Type != NumberDataViewType.Single)
            throw ColumnErrors.WrongType(column.Name, type, model.InputDescription);
        return model.Accepts(1) ? 1 : throw ColumnErrors.WrongSize(column.Name, type, model.InputDescription);
    }
}
