using System.Diagnostics;
using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Datasets;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Onnx;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Scoring;

/// <summary>
/// Our transformer (256 rows per call) and ML.NET's ApplyOnnxModel (default threads, and one thread) score the same
/// rows with the same network. A score counts when a cursor over the Score column has read it.
/// </summary>
sealed class ScoringComparison
{
    const int Rows = 65_536;
    const int Side = 28;
    const float Tolerance = 1e-4f;

    static readonly Dictionary<bool, ScoringComparison> Measured = [];

    ScoringComparison(IReadOnlyList<Pass[]> rounds)
    {
        AgainstStock = new Ratios(rounds.Select(round => round[1].Seconds / round[0].Seconds));
        AgainstTunedStock = new Ratios(rounds.Select(round => round[2].Seconds / round[0].Seconds));
        AllocatedBytesPerRow = new Ratios(rounds.Select(round => round[0].AllocatedBytes / (double)Rows)).Median;
        RowsPerSecond = Rows / new Ratios(rounds.Select(round => round[0].Seconds)).Median;
    }

    /// <summary>Our rows per second over those of ApplyOnnxModel as it comes.</summary>
    public Ratios AgainstStock { get; }

    /// <summary>Our rows per second over those of ApplyOnnxModel with IntraOpNumThreads = 1.</summary>
    public Ratios AgainstTunedStock { get; }

    /// <summary>Managed bytes that our transformer allocates per row, opening the cursor included.</summary>
    public double AllocatedBytesPerRow { get; }

    /// <summary>Our rows per second.</summary>
    public double RowsPerSecond { get; }

    /// <summary>The comparison, measured when it is first asked for.</summary>
    public static ScoringComparison Get(bool full) => Measured.TryGetValue(full, out var measured)
        ? measured
        : Measured[full] = Measure(rounds: full ? 15 : 5);

    static ScoringComparison Measure(int rounds)
    {
        var context = new MLContext(1);
        var rows = RandomRows();
        var model = RandomMlp.Create();
        var file = Path.Combine(Path.GetTempPath(), $"elsa-{Guid.NewGuid():N}.onnx");
        model.WriteToFile(file);
        try
        {
            using var ours = DenseLevel.Of(context, model, 256, RandomMlp.Output, RandomMlp.Input);
            using var stock = Stock(context, rows, file, threads: null);
            using var tuned = Stock(context, rows, file, threads: 1);
            IDataView[] candidates = [ours.Transform(rows), stock.Transform(rows), tuned.Transform(rows)];
            ThrowIfDifferent(context, candidates);
            // The first round warms up.
            var passes = Enumerable.Range(0, rounds + 1).Select(_ => candidates.Select(Run).ToArray()).ToList();
            return new ScoringComparison(passes[1..]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    static IDataView RandomRows()
    {
        var pixels = new byte[Rows * Side * Side];
        new Random(2).NextBytes(pixels);
        return new LabeledImages(Side, Side, 1, pixels, new int[Rows], ["any"]).ToDataView();
    }

    static OnnxTransformer Stock(MLContext context, IDataView rows, string file, int? threads) =>
        context.Transforms.ApplyOnnxModel(new OnnxOptions
        {
            ModelFile = file,
            InputColumns = [RandomMlp.Input],
            OutputColumns = [RandomMlp.Output],
            IntraOpNumThreads = threads,
        }).Fit(rows);

    static Pass Run(IDataView scored)
    {
        // Let the last candidate's finalizers and spinning threads come to rest.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Thread.Sleep(150);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        var count = Scores(scored).Count();
        var seconds = clock.Elapsed.TotalSeconds;
        return count == Rows
            ? new Pass(seconds, GC.GetTotalAllocatedBytes(precise: true) - allocated)
            : throw new InvalidOperationException($"{count} rows were scored, not {Rows}.");
    }

    /// <summary>The scores of one row after the other, in the same buffer.</summary>
    static IEnumerable<ReadOnlyMemory<float>> Scores(IDataView scored)
    {
        var column = scored.Schema[RandomMlp.Output];
        var memory = new float[10];
        var score = new VBuffer<float>(memory.Length, memory);
        using var cursor = scored.GetRowCursor([column]);
        var getter = cursor.GetGetter<VBuffer<float>>(column);
        while (cursor.MoveNext())
        {
            getter(ref score);
            score.CopyTo(memory);
            yield return memory;
        }
    }

    static void ThrowIfDifferent(MLContext context, IDataView[] candidates)
    {
        var ours = Head(candidates[0]);
        foreach (var theirs in candidates.Skip(1).Select(Head))
            for (var index = 0; index < ours.Length; index++)
                if (Math.Abs(ours[index] - theirs[index]) > Tolerance)
                    throw new InvalidOperationException(
                        $"Value {index % 10} of row {index / 10} is {ours[index]} with our transformer and " +
                        $"{theirs[index]} with ApplyOnnxModel.");

        float[] Head(IDataView scored) =>
            [.. Scores(context.Data.TakeRows(scored, 1000)).SelectMany(score => score.ToArray())];
    }

    readonly record struct Pass(double Seconds, long AllocatedBytes);
}
