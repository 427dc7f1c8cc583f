using System.Diagnostics;
using Elsa.MLNet.Data;
using Elsa.MLNet.Kernels;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Complaints;
using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>
/// Many threads score different levels of one parent for a while, and cancel and dispose at random. Handles and native bytes are
/// the process's.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed class LoadTests
{
    const int Threads = 8, Inputs = 20, Outputs = 3, RowCount = 50;
    const int HandleSlack = 40;
    const long MemorySlack = 64 << 20;

    static readonly ParentModel Parent = TestParents.Of(TestModels.Model([("x", ["N", Inputs])], [("y", ["N", Outputs])], DataType.Float,
        [
            TestModels.Node("MatMul", ["x", "w1"], "h"), TestModels.Node("Relu", ["h"], "r"), TestModels.Node("MatMul", ["r", "w2"], "y"),
        ],
        [TestModels.Random("w1", DataType.Float, 1, Inputs, 64), TestModels.Random("w2", DataType.Float, 2, 64, Outputs)]));

    static readonly List<Row> Rows = [.. Enumerable.Range(0, RowCount).Select(row => new Row
    {
        Features = [.. Enumerable.Range(0, Inputs).Select(index => MathF.Sin(row * Inputs + index))],
    })];

    [TestMethod, Complaint("Whether threads may share a model")]
    public void Thread_safety_two_seconds_of_scoring_cancelling_and_disposing_go_well() => Run(TimeSpan.FromSeconds(2));

    [TestMethod]
    [TestCategory("Slow")]
    public void A_minute_of_scoring_cancelling_and_disposing_goes_well() => Run(TimeSpan.FromMinutes(1));

    static void Run(TimeSpan time)
    {
        var before = NativeBlock.LiveBytes;
        using var shared = Transformer(default);
        var expected = Parent.Levels.Select(level => Scores(shared, level.Index)).ToList();
        // What is allocated once is there before memory is compared.
        Work(shared, expected, TimeSpan.FromMilliseconds(300));
        var (handles, memory) = Usage();
        var (scored, cancelled, disposed) = Work(shared, expected, time);
        var (handlesAfter, memoryAfter) = Usage();
        shared.Dispose();
        Assert.IsGreaterThan(0, scored);
        Assert.IsGreaterThan(0, cancelled);
        Assert.IsGreaterThan(0, disposed);
        Assert.AreEqual(before, NativeBlock.LiveBytes, "Packs were left.");
        Assert.IsLessThanOrEqualTo(handles + HandleSlack, handlesAfter, "Handles were left.");
        Assert.IsLessThanOrEqualTo(memory + MemorySlack, memoryAfter, "Memory grew.");
    }

    static (int Scored, int Cancelled, int Disposed) Work(ElsaTransformer shared, List<float[]> expected, TimeSpan time)
    {
        var (scored, cancelled, disposed) = (0, 0, 0);
        var clock = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                var random = new Random(thread);
                while (clock.Elapsed < time)
                {
                    var level = random.Next(expected.Count);
                    switch (random.Next(3))
                    {
                        case 0:
                            CollectionAssert.AreEqual(expected[level], Scores(shared, level));
                            Interlocked.Increment(ref scored);
                            break;
                        case 1:
                            Cancelled(level, random, expected[level]);
                            Interlocked.Increment(ref cancelled);
                            break;
                        default:
                            Disposed(shared, level, random, expected[level]);
                            Interlocked.Increment(ref disposed);
                            break;
                    }
                }
            }, TaskCreationOptions.LongRunning)).ToArray();
        Assert.IsTrue(Task.WaitAll(threads, time + TimeSpan.FromMinutes(1)), "Threads wait for each other.");
        return (scored, cancelled, disposed);
    }

    /// <summary>A token that is cancelled now or soon: rows before are right, then the cursor says so.</summary>
    static void Cancelled(int level, Random random, float[] expected)
    {
        using var stop = new CancellationTokenSource();
        using var transformer = Transformer(stop.Token);
        if (random.Next(2) == 0) stop.Cancel();
        else stop.CancelAfter(random.Next(3));
        try
        {
            CollectionAssert.AreEqual(expected, Scores(transformer, level));
        }
        catch (OperationCanceledException)
        {
            Assert.IsTrue(stop.IsCancellationRequested);
        }
    }

    /// <summary>A copy that is disposed while its rows are read: rows before are right, then the cursor says so.</summary>
    static void Disposed(ElsaTransformer shared, int level, Random random, float[] expected)
    {
        using var copy = shared.WithLevel(level);
        var view = copy.Transform(new MLContext(1).Data.LoadFromEnumerable(Rows));
        using var cursor = view.GetRowCursor(view.Schema);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        VBuffer<float> score = default;
        var last = random.Next(RowCount);
        try
        {
            for (var row = 0; cursor.MoveNext(); row++)
            {
                getter(ref score);
                CollectionAssert.AreEqual(expected[(row * Outputs)..((row + 1) * Outputs)], score.DenseValues().ToArray());
                if (row == last) copy.Dispose();
            }
        }
        catch (ObjectDisposedException)
        {
            // It was disposed, and rows that had not been scored were still to come.
        }
    }

    static ElsaTransformer Transformer(CancellationToken cancellation) => new(new MLContext(1), Parent,
        new ElsaExecutionOptions { BatchSize = 16, IntraOpNumThreads = 1, KernelChoice = ElsaKernelChoice.CostModel, CancellationToken = cancellation },
        new ScoringColumns("Score", "Features"), 0);

    static float[] Scores(ElsaTransformer transformer, int level)
    {
        using var copy = transformer.WithLevel(level);
        return [.. copy.Transform(new MLContext(1).Data.LoadFromEnumerable(Rows)).GetColumn<float[]>("Score").SelectMany(score => score)];
    }

    static (int Handles, long Memory) Usage()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return (process.HandleCount, process.WorkingSet64);
    }

    sealed class Row
    {
        [VectorType(Inputs)] public float[] Features { get; set; } = [];
    }
}
