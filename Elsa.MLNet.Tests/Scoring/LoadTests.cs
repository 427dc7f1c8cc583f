using System.Diagnostics;
using Elsa.MLNet.Data;
using Elsa.MLNet.Kernels;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Complaints;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Kernels;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>
/// Many threads score different levels of one parent for a while, by cursors and prediction engines, and others cancel and
/// dispose what they score with. Handles and native bytes are the process's.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed class LoadTests
{
    const int Threads = 8, Inputs = 20, Outputs = 3, RowCount = 50;
    const int HandleSlack = 40;
    const long MemorySlack = 64 << 20;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    static readonly ParentModel Parent = TestParents.Of(TestModels.Model([("x", ["N", Inputs])], [("y", ["N", Outputs])], DataType.Float,
        [
            TestModels.Node("MatMul", ["x", "w1"], "h"), TestModels.Node("Relu", ["h"], "r"), TestModels.Node("MatMul", ["r", "w2"], "y"),
        ],
        [TestModels.Random("w1", DataType.Float, 1, Inputs, 64), TestModels.Random("w2", DataType.Float, 2, 64, Outputs)]),
        [0.5, 0.8, 0.9, 0.95]);

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
        var before = LiveBytes.Settled();
        var (batched, single) = Expected(before);
        // What is allocated once is there before memory is compared.
        new Load(batched, single).Run(TimeSpan.FromMilliseconds(300));
        var (handles, memory) = Usage();
        var load = new Load(batched, single);
        load.Run(time);
        var (handlesAfter, memoryAfter) = Usage();
        Assert.IsGreaterThan(0, load.Scored, "No thread scored.");
        Assert.IsGreaterThan(0, load.Predicted, "No engine predicted.");
        Assert.IsGreaterThan(0, load.Cancelled, "No OperationCanceledException came.");
        Assert.IsGreaterThan(0, load.Disposed, "No ObjectDisposedException came of a transformer of one thread.");
        Assert.AreEqual(Threads, load.Ended, "A thread did not see that the shared transformer was disposed.");
        Assert.AreEqual(before, NativeBlock.LiveBytes, "Packs were left.");
        Assert.IsLessThanOrEqualTo(handles + HandleSlack, handlesAfter, "Handles were left.");
        Assert.IsLessThanOrEqualTo(memory + MemorySlack, memoryAfter, "Memory grew.");
    }

    /// <summary>Scores of every level, by a cursor and by an engine, when nothing else happens.</summary>
    static (List<float[]> Batched, List<float[]> Single) Expected(long liveBytes)
    {
        Assert.IsGreaterThanOrEqualTo(4, Parent.Levels.Count);
        using var transformer = Transformer();
        List<float[]> batched = [], single = [];
        foreach (var level in Parent.Levels)
        {
            using var copy = transformer.WithLevel(level.Index);
            batched.Add(Scores(copy));
            using var engine = Engine(copy);
            single.Add([.. Rows.SelectMany(row => engine.Predict(row).Score)]);
        }
        Assert.IsGreaterThan(liveBytes, NativeBlock.LiveBytes, "Kernels of ours are to be among those that run.");
        return (batched, single);
    }

    static ElsaTransformer Transformer(CancellationToken cancellation = default) => new(new MLContext(1), Parent,
        new ElsaExecutionOptions { BatchSize = 16, IntraOpNumThreads = 1, KernelChoice = ElsaKernelChoice.CostModel, CancellationToken = cancellation },
        new ScoringColumns("Score", "Features"), 0);

    static float[] Scores(ElsaTransformer transformer) =>
        [.. transformer.Transform(new MLContext(1).Data.LoadFromEnumerable(Rows)).GetColumn<float[]>("Score").SelectMany(score => score)];

    /// <summary>Disposing it disposes the transformer.</summary>
    static PredictionEngine<Row, Prediction> Engine(ElsaTransformer transformer) =>
        new MLContext(1).Model.CreatePredictionEngine<Row, Prediction>(transformer);

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

    sealed class Prediction
    {
        [VectorType(Outputs)] public float[] Score { get; set; } = [];
    }

    /// <summary>
    /// Threads that share a transformer until it is disposed under them. Each does one thing after another, drawn at random;
    /// every score that comes must be right, whatever happens next.
    /// </summary>
    sealed class Load(List<float[]> batched, List<float[]> single)
    {
        readonly ElsaTransformer _shared = Transformer();
        volatile bool _isEnding;
        int _scored, _predicted, _cancelled, _disposed, _ended;

        public int Scored => _scored;

        public int Predicted => _predicted;

        /// <summary>Readers that an OperationCanceledException ended.</summary>
        public int Cancelled => _cancelled;

        /// <summary>Readers of a transformer of their own that an ObjectDisposedException ended.</summary>
        public int Disposed => _disposed;

        /// <summary>Threads that an ObjectDisposedException of the shared transformer ended.</summary>
        public int Ended => _ended;

        public void Run(TimeSpan time)
        {
            var threads = Enumerable.Range(0, Threads).Select(thread => Start(() => Work(new Random(thread)))).ToList();
            Task.WaitAny([.. threads], time);
            _isEnding = true;
            threads.Add(Start(_shared.Dispose));
            Assert.IsTrue(Task.WaitAll([.. threads], Patience), "Threads wait for each other.");
        }

        static Task Start(Action work) => Task.Factory.StartNew(work, TaskCreationOptions.LongRunning);

        void Work(Random random)
        {
            try
            {
                while (true) Step(random);
            }
            catch (ObjectDisposedException error) when (_isEnding)
            {
                IsTold(error);
                Interlocked.Increment(ref _ended);
            }
        }

        void Step(Random random)
        {
            var level = random.Next(batched.Count);
            switch (random.Next(6))
            {
                case 0:
                    CollectionAssert.AreEqual(batched[_shared.Level], Scores(_shared));
                    Interlocked.Increment(ref _scored);
                    break;
                case 1:
                    using (var copy = _shared.WithLevel(level)) CollectionAssert.AreEqual(batched[level], Scores(copy));
                    Interlocked.Increment(ref _scored);
                    break;
                case 2:
                    Predict(level, random);
                    break;
                case 3:
                    Cancel(level, random);
                    break;
                case 4:
                    // The levels stay loaded, for others use them.
                    using (var copy = _shared.WithLevel(level)) Dispose(copy, [copy], random);
                    break;
                default:
                    // The levels are freed, perhaps while they are being loaded.
                    using (var alone = Transformer())
                    using (var copy = alone.WithLevel(level))
                        Dispose(copy, [alone, copy], random);
                    break;
            }
        }

        void Predict(int level, Random random)
        {
            using var engine = Engine(_shared.WithLevel(level));
            for (var call = 0; call < 5; call++)
            {
                var row = random.Next(RowCount);
                CollectionAssert.AreEqual(single[level][(row * Outputs)..((row + 1) * Outputs)], engine.Predict(Rows[row]).Score);
            }
            Interlocked.Increment(ref _predicted);
        }

        /// <summary>A token that is cancelled now or soon.</summary>
        void Cancel(int level, Random random)
        {
            using var stop = new CancellationTokenSource();
            using var transformer = Transformer(stop.Token);
            using var copy = transformer.WithLevel(level);
            if (random.Next(2) == 0) stop.Cancel();
            else stop.CancelAfter(random.Next(5));
            ReadUntil<OperationCanceledException>(copy);
            Assert.IsTrue(stop.IsCancellationRequested);
            Interlocked.Increment(ref _cancelled);
        }

        /// <summary>Another thread disposes transformers while the rows of one are read.</summary>
        void Dispose(ElsaTransformer read, ElsaTransformer[] disposed, Random random)
        {
            var wait = random.Next(5);
            var other = Task.Run(() =>
            {
                Thread.Sleep(wait);
                foreach (var transformer in disposed) transformer.Dispose();
            });
            IsTold(ReadUntil<ObjectDisposedException>(read));
            Assert.IsTrue(other.Wait(Patience), "Dispose waits.");
            Interlocked.Increment(ref _disposed);
        }

        /// <summary>Reads all rows again and again until it is ended. Those that come are right.</summary>
        TException ReadUntil<TException>(ElsaTransformer transformer)
            where TException : Exception
        {
            var expected = batched[transformer.Level];
            var clock = Stopwatch.StartNew();
            try
            {
                while (clock.Elapsed < Patience)
                {
                    var view = transformer.Transform(new MLContext(1).Data.LoadFromEnumerable(Rows));
                    using var cursor = view.GetRowCursor(view.Schema);
                    var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
                    VBuffer<float> score = default;
                    for (var row = 0; cursor.MoveNext(); row++)
                    {
                        getter(ref score);
                        CollectionAssert.AreEqual(expected[(row * Outputs)..((row + 1) * Outputs)], score.DenseValues().ToArray());
                    }
                }
            }
            catch (TException error)
            {
                return error;
            }
            throw new AssertFailedException($"No {typeof(TException).Name} came.");
        }

        static void IsTold(ObjectDisposedException error)
        {
            Assert.AreEqual(nameof(ElsaTransformer), error.ObjectName);
            StringAssert.Contains(error.Message, LevelModel.Disposed().Message);
        }
    }
}
