using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>
/// The columns of the source and those that the model makes. Their place is where ML.NET puts an added column: right
/// after the column of the same name, which it hides, else at the end.
/// </summary>
internal sealed class ScoredSchema
{
    private readonly List<(int? Source, int Output)> _columns = [];

    /// <summary>Checks the source's columns against the model, before any row moves.</summary>
    /// <exception cref="ArgumentException">An input column is missing or unfit, or an output column
    /// exists.</exception>
    public ScoredSchema(DataViewSchema source, ScoringColumns columns, IRowModel model)
    {
        Source = source;
        Inputs = [.. columns.Inputs.Select(input => source.GetColumnOrNull(input.ColumnName)
            ?? throw ColumnErrors.NoInput(input.ColumnName, source.Where(c => !c.IsHidden).Select(c => c.Name)))];
        foreach (var output in columns.Outputs)
        {
            if (!columns.IsInput(output.ColumnName) && source.GetColumnOrNull(output.ColumnName) is not null)
                throw ColumnErrors.OutputExists(output.ColumnName, columns.InputNames);
        }
        RowInputs = model.Bind([.. Inputs.Select(column => new InputColumn(column.Name, column.Type))]);
        Schema = Build(columns, model.OutputTypes(RowInputs));
    }

    public DataViewSchema Source { get; }

    public DataViewSchema Schema { get; }

    /// <summary>The scored columns, in the source.</summary>
    public IReadOnlyList<DataViewSchema.Column> Inputs { get; }

    /// <summary>What they bring to the model.</summary>
    public RowInputs RowInputs { get; }

    /// <summary>The source's column behind one of ours; null for one that the model makes.</summary>
    public DataViewSchema.Column? SourceColumn(int index) => _columns[index].Source is { } source ? Source[source] : null;

    /// <summary>Which output of the model one of our columns is.</summary>
    public int Output(int index) => _columns[index].Output;

    /// <summary>Whether one of the columns asked for is made by the model.</summary>
    public bool NeedsModel(bool[] active)
    {
        for (int index = 0; index < active.Length; index++)
        {
            if (active[index] && _columns[index].Source is null)
                return true;
        }
        return false;
    }

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

    /// <summary>The source's columns needed for ours: those passed through, and the scored ones for what the model
    /// makes.</summary>
    public IEnumerable<DataViewSchema.Column> Needed(bool[] active)
    {
        var needed = Enumerable.Range(0, active.Length)
            .Where(index => active[index] && _columns[index].Source is not null)
            .Select(index => _columns[index].Source!.Value)
            .ToHashSet();
        if (NeedsModel(active))
            needed.UnionWith(Inputs.Select(input => input.Index));
        return [.. Source.Where(column => needed.Contains(column.Index))];
    }

    /// <summary>The buffer that keeps a scored column for readers; null if nobody asked for it.</summary>
    public BufferedColumn? Kept(BufferedColumn?[] buffers, DataViewSchema.Column input)
    {
        for (int index = 0; index < buffers.Length; index++)
        {
            if (_columns[index].Source == input.Index)
                return buffers[index];
        }
        return null;
    }

    /// <summary>What brings the current row of <paramref name="row"/> to a scorer.</summary>
    public InputFeed[] Feeds(DataViewRow row, IBatchScorer scorer)
    {
        var feeds = Inputs.Select(input => InputFeed.Of(row, input, buffered: null)).ToArray();
        for (int input = 0; input < feeds.Length; input++)
            feeds[input].Connect(scorer.Inputs(input));
        return feeds;
    }

    private DataViewSchema Build(ScoringColumns columns, IReadOnlyList<DataViewType> types)
    {
        var builder = new DataViewSchema.Builder();
        foreach (var column in Source)
        {
            builder.AddColumns([column]);
            _columns.Add((column.Index, -1));
            if (!column.IsHidden && columns.IsInput(column.Name))
                AddOutputs(output => output.ColumnName == column.Name);
        }
        AddOutputs(output => !columns.IsInput(output.ColumnName));
        return builder.ToSchema();

        void AddOutputs(Func<ElsaOutput, bool> belongHere)
        {
            for (int output = 0; output < types.Count; output++)
            {
                if (!belongHere(columns.Outputs[output]))
                    continue;
                builder.AddColumn(
                    columns.Outputs[output].ColumnName, types[output],
                    SlotNames.Of(columns.Outputs[output], types[output]));
                _columns.Add((null, output));
            }
        }
    }
}
