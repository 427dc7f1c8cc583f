using System.Diagnostics;
using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Scoring.Policy;

/// <summary>
/// Measures every level by scoring full batches of random rows, as a cursor would. Each level is opened apart and freed
/// again, so that only the chosen one stays in memory.
/// </summary>
internal sealed class LevelTimer(LevelModel model, ParentModel parent, RowInputs? rowInputs) : ILevelCosts
{
    private const int WarmUps = 2, FewestRuns = 5, MostRuns = 100;
    private static readonly TimeSpan Enough = TimeSpan.FromMilliseconds(300);

    public MeasuredCosts Of(bool anew) =>
        new([.. Enumerable.Range(0, parent.Levels.Count).Select(Measure)], DateTimeOffset.UtcNow, FromCache: false);

    private ElsaLevelCost Measure(int level)
    {
        var inputs = rowInputs
            ?? throw new UnreachableException("A policy that asks for costs was not refused, though rows are unknown.");
        long before = Environment.WorkingSet;
        using var apart = model.Apart(level);
        int rows = apart.BatchSize;
        using var scorer = apart.Open(inputs, rows);
        var random = new Random(level);
        for (int input = 0; input < inputs.Types.Count; input++)
            Fill(scorer.Inputs(input), scorer.Capacity, random);
        for (int run = 0; run < WarmUps; run++)
            Batch();
        long grown = Environment.WorkingSet - before;
        long values = inputs.Dimensions.Sum(row => row.Aggregate(1L, (product, size) => product * size));
        long buffers = sizeof(float) * (long)scorer.Capacity * values;

        var milliseconds = new List<double>();
        var all = Stopwatch.StartNew();
        while (milliseconds.Count < FewestRuns || (milliseconds.Count < MostRuns && all.Elapsed < Enough))
        {
            long start = Stopwatch.GetTimestamp();
            Batch();
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        milliseconds.Sort();
        double median = Percentile(milliseconds, 0.5);
        return new ElsaLevelCost
        {
            MedianMilliseconds = median,
            P95Milliseconds = Percentile(milliseconds, 0.95),
            RowsPerSecond = rows * 1000.0 / median,
            MemoryBytes = Math.Max(grown, parent.Extract(level).CalculateSize() + buffers),
        };

        void Batch()
        {
            for (int done = 0; done < rows; done += scorer.Capacity)
                scorer.Run(Math.Min(scorer.Capacity, rows - done));
        }
    }

    /// <summary>Random numbers where a column of Single feeds the model; other inputs stay zero.</summary>
    private static void Fill(IRowValues input, int rows, Random random)
    {
        if (input is not IRowValues<float> values)
            return;
        for (int row = 0; row < rows; row++)
        {
            foreach (ref float value in values.Row(row))
                value = random.NextSingle();
        }
    }

    /// <summary>The nearest rank: the smallest value that at least this share of the values does not exceed.</summary>
    private static double Percentile(List<double> sorted, double share) =>
        sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)];
}
