using Elsa.MLNet.Data;
using Elsa.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Data;

/// <summary>Rows for scoring and short ways to read data views.</summary>
internal static class TestRows
{
    public const int Size = 6;

    internal sealed class Row
    {
        [VectorType(Size)]
        public float[] Features { get; set; } = [];

        public int Number { get; set; }
    }

    internal sealed class Prediction
    {
        public float[] Score { get; set; } = [];
    }

    public static Row[] Make(int count, int seed = 7)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => new Row
        {
            Features = [.. Enumerable.Range(0, Size).Select(_ => random.NextSingle() * 2 - 1)],
            Number = i,
        })];
    }

    public static IDataView View(MLContext context, int count) => context.Data.LoadFromEnumerable(Make(count));

    public static ElsaTransformer Transformer(
        MLContext context, ILevelModels models, ElsaExecutionOptions? execution = null, string output = "Score", string? input = "Features",
        int level = 0) => new(
            context, models, execution ?? new ElsaExecutionOptions(), new ScoringColumns(output, input), level,
            [.. Enumerable.Range(0, models.LevelCount).Select(i => i == 0 ? "dense" : $"s{i * 10}")]);

    /// <summary>All values of a vector column, in the order of the cursor.</summary>
    public static float[][] Vectors(IDataView view, string column = "Score")
    {
        var rows = new List<float[]>();
        using var cursor = view.GetRowCursor([view.Schema[column]]);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema[column]);
        VBuffer<float> value = default;
        while (cursor.MoveNext())
        {
            getter(ref value);
            rows.Add([.. value.DenseValues()]);
        }
        return [.. rows];
    }

    /// <summary>Number and score of every row of a cursor.</summary>
    public static List<(int Number, float[] Score)> Drain(DataViewRowCursor cursor)
    {
        var rows = new List<(int, float[])>();
        var number = cursor.GetGetter<int>(cursor.Schema["Number"]);
        var score = cursor.GetGetter<VBuffer<float>>(cursor.Schema["Score"]);
        VBuffer<float> value = default;
        int which = 0;
        while (cursor.MoveNext())
        {
            number(ref which);
            score(ref value);
            rows.Add((which, [.. value.DenseValues()]));
        }
        return rows;
    }

    public static void Close(float[] expected, float[] actual, float tolerance = 1e-5f)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], tolerance * Math.Max(1, Math.Abs(expected[i])));
    }
}
