using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Data;

/// <summary>
/// Splits a score whose last value is the level that gave it into two columns: the score, where it was, and the level
/// at the end.
/// </summary>
internal sealed class LevelUsedSchema
{
    /// <exception cref="ArgumentException">The level's column exists.</exception>
    public LevelUsedSchema(ScoredSchema scored, string levelUsed)
    {
        if (scored.Schema.GetColumnOrNull(levelUsed) is not null)
        {
            throw new ArgumentException(
                $"The column '{levelUsed}' for the level used exists already. Choose a name that is free as " +
                "LevelUsedColumnName.",
                nameof(levelUsed));
        }
        Scored = scored;
        ScoreSize = scored.OutputSize - 1;
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(scored.Schema.Take(scored.ScoreIndex));
        builder.AddColumn(
            scored.Schema[scored.ScoreIndex].Name, new VectorDataViewType(NumberDataViewType.Single, ScoreSize));
        builder.AddColumns(scored.Schema.Skip(scored.ScoreIndex + 1));
        builder.AddColumn(levelUsed, NumberDataViewType.Int32);
        Schema = builder.ToSchema();
    }

    /// <summary>The columns before the split.</summary>
    public ScoredSchema Scored { get; }

    public DataViewSchema Schema { get; }

    /// <summary>Values of a score without the level.</summary>
    public int ScoreSize { get; }

    /// <summary>The columns before the split that are needed for ours.</summary>
    public IEnumerable<DataViewSchema.Column> Needed(IEnumerable<DataViewSchema.Column> columns) =>
        [.. columns.Select(column => Before(column.Index)).Distinct().Select(index => Scored.Schema[index])];

    /// <summary>A getter of one of our columns, over a row from before the split.</summary>
    public ValueGetter<TValue> Getter<TValue>(DataViewRow row, DataViewSchema.Column column)
    {
        bool isLevel = column.Index == Schema.Count - 1;
        if (!isLevel && column.Index != Scored.ScoreIndex)
            return row.GetGetter<TValue>(Scored.Schema[column.Index]);
        var packed = row.GetGetter<VBuffer<float>>(Scored.Schema[Scored.ScoreIndex]);
        VBuffer<float> both = default;
        Delegate getter = isLevel
            ? new ValueGetter<int>((ref int value) =>
            {
                packed(ref both);
                value = (int)both.GetValues()[ScoreSize];
            })
            : new ValueGetter<VBuffer<float>>((ref VBuffer<float> value) =>
            {
                packed(ref both);
                var editor = VBufferEditor.Create(ref value, ScoreSize);
                both.GetValues()[..ScoreSize].CopyTo(editor.Values);
                value = editor.Commit();
            });
        return getter as ValueGetter<TValue> ?? throw RowErrors.WrongType(column, typeof(TValue));
    }

    private int Before(int index) => index < Schema.Count - 1 ? index : Scored.ScoreIndex;
}
