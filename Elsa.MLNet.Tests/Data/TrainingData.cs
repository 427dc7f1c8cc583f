using Elsa.MLNet.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Data;

/// <summary>Rows that tell their position, and short ways to draw them.</summary>
internal static class TrainingData
{
    public const int Size = 4;

    internal sealed record Input
    {
        [VectorType(Size)]
        public float[] Features { get; set; } = [];

        [VectorType(2)]
        public float[] Target { get; set; } = [];

        public float Class { get; set; }

        public int Number { get; set; }
    }

    public static Input Row(int position) => new()
    {
        Features = [position, position + 0.25f, position + 0.5f, -position],
        Target = [position + 0.125f, 2 * position],
        Class = position % 10,
        Number = position,
    };

    public static IDataView View(MLContext context, int rows, Func<Input, Input>? change = null) =>
        context.Data.LoadFromEnumerable([.. Enumerable.Range(0, rows).Select(row =>
            (change ?? (same => same))(Row(row)))]);

    public static long[] TrainingPositions(int rows, HoldOut holdOut) =>
        [.. Enumerable.Range(0, rows).Where(row => !holdOut.Contains(row)).Select(row => (long)row)];

    public static TrainingSource Source(MLContext context, int rows, HoldOut? holdOut = null)
    {
        holdOut ??= new HoldOut(1, 0);
        return Source(View(context, rows), TrainingPositions(rows, holdOut).Length, holdOut);
    }

    public static TrainingSource Source(IDataView data, long rows, HoldOut? holdOut = null) => new(
        data, data.Schema["Features"], [Size], [data.Schema["Target"], data.Schema["Class"]],
        holdOut ?? new HoldOut(1, 0), rows);

    public static TrainingBatches Batches(TrainingSource source, int batch, int pool, int seed = 5) =>
        new(source, batch, pool, seed, ElsaAugmentation.None);

    /// <summary>Positions of an epoch's rows in the order of training.</summary>
    public static List<long> Positions(TrainingBatches batches, int epoch)
    {
        var positions = new List<long>();
        foreach (var batch in batches.Epoch(epoch, () => { })) positions.AddRange(batch.Positions);
        return positions;
    }
}
