using System.Globalization;
using Elsa.MLNet.Data;
using Elsa.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Reporting;

/// <summary>The held-out rows in memory, and the levels that score them.</summary>
internal sealed class HeldOutRows : IDisposable
{
    private readonly List<ElsaTransformer> _levels = [];
    private readonly IDataView _data;
    private readonly string _score;
    private readonly float _threshold;
    private readonly int _scoreSize;

    private HeldOutRows(ElsaTransformer transformer, IDataView data)
    {
        (_data, _score) = (data, transformer.OutputColumnName);
        _threshold = PredictedClass.Threshold(transformer.Parent.Extract(0), transformer.OnnxOutputName);
        var type = transformer.GetOutputSchema(data.Schema)[_score].Type;
        _scoreSize = type switch
        {
            VectorDataViewType { IsKnownSize: true } vector when vector.ItemType == NumberDataViewType.Single => vector.Size,
            _ => throw new ArgumentException($"The score '{_score}' is {type}; a report compares the largest value of a " +
                "Vector<Single>. Score with an output that is one."),
        };
        foreach (var level in transformer.Levels) _levels.Add(transformer.WithLevel(level.Index));
    }

    public int Count { get; private set; }

    /// <summary>Per row its true class; null without a label.</summary>
    public IReadOnlyList<long>? Labels { get; private set; }

    /// <summary>Names of the classes; empty if the score is a number and no class.</summary>
    public IReadOnlyList<string> ClassNames { get; private set; } = [];

    /// <summary>Whether a row's score means a class: one number does only if it is a probability or a label says so.</summary>
    public bool HasClasses => _scoreSize > 1 || _threshold > 0 || Labels is not null;

    /// <exception cref="ArgumentException">A column is missing or does not fit, a label is not a class, or there are no
    /// rows.</exception>
    public static HeldOutRows Read(ElsaTransformer transformer, IDataView heldOut, ElsaReportOptions options)
    {
        DataViewSchema.Column? label = options.LabelColumnName is not { } name ? null : heldOut.Schema.GetColumnOrNull(name)
            ?? throw ColumnErrors.NoLabel(name, heldOut.Schema.Select(column => column.Name));
        // Rows are cached, so that speed is the level's and not that of a file or of the transformers before it.
        var catalog = new MLContext().Data;
        var rows = new HeldOutRows(transformer, catalog.Cache(catalog.TakeRows(heldOut, options.MaximumRows)));
        try
        {
            if (label is { } column) rows.ReadLabels(rows._data.Schema[column.Name]);
            if (rows.HasClasses) rows.ClassNames = NamesOf(label, Math.Max(2, rows._scoreSize));
            rows.Count = rows.Classes(0).Length;
            return rows.Count > 0 ? rows : throw new ArgumentException(
                "The held-out data has no rows; give at least one, or none for a report without them.", nameof(heldOut));
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>Scores all rows with a level; per row the class.</summary>
    public int[] Classes(int level)
    {
        var classes = new List<int>();
        Score(level, (in VBuffer<float> score) => classes.Add(PredictedClass.Of(score.GetValues(), _threshold)));
        return [.. classes];
    }

    /// <summary>Scores all rows with a level and looks at nothing.</summary>
    public void Pass(int level) => Score(level, static (in VBuffer<float> _) => { });

    public void Dispose()
    {
        foreach (var level in _levels) level.Dispose();
    }

    private delegate void Look(in VBuffer<float> score);

    private void Score(int level, Look look)
    {
        var scored = _levels[level].Transform(_data);
        var column = scored.Schema[_score];
        using var cursor = scored.GetRowCursor([column]);
        var get = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> score = default;
        while (cursor.MoveNext())
        {
            get(ref score);
            look(in score);
        }
    }

    private void ReadLabels(DataViewSchema.Column column)
    {
        using var cursor = _data.GetRowCursor([column]);
        var reader = LabelReader.Of(cursor, column);
        if (reader.Size != 1)
            throw new ArgumentException($"The label column '{column.Name}' is {column.Type}; accuracy needs one class a row.");
        var values = new List<float>();
        while (cursor.MoveNext()) values.Add(reader.Read()[0]);
        var classes = new long[values.Count];
        ClassLabels.Fill([.. values], [.. Enumerable.Range(0, values.Count).Select(row => (long)row)],
            Math.Max(2, _scoreSize), column.Name, classes);
        Labels = classes;
    }

    private static List<string> NamesOf(DataViewSchema.Column? label, int classes)
    {
        var names = Enumerable.Range(0, classes).Select(index => index.ToString(CultureInfo.InvariantCulture)).ToList();
        if (label?.Annotations.Schema.GetColumnOrNull("KeyValues") is not { Type: VectorDataViewType { ItemType: TextDataViewType } })
            return names;
        VBuffer<ReadOnlyMemory<char>> values = default;
        label.Value.GetKeyValues(ref values);
        foreach (var (index, value) in values.Items().Where(item => item.Key < classes)) names[index] = value.ToString();
        return names;
    }
}
