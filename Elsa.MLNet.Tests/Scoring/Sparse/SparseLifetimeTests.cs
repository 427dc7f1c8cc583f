using System.Runtime.CompilerServices;
using Elsa.MLNet.Data;
using Elsa.MLNet.Kernels;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Kernels;
using Microsoft.ML;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring.Sparse;

/// <summary>Sparse sessions under many threads, and what they leave behind. The count of native bytes is the process's.</summary>
[TestClass]
[DoNotParallelize]
public sealed class SparseLifetimeTests
{
    const int Inputs = 30, Outputs = 4, Threads = 8;

    static readonly int[] Rows = [1, 3, 9, 20, 70];

    static readonly ParentModel Parent = TestParents.Of(TestModels.Model([("x", ["N", Inputs])], [("y", ["N", Outputs])], DataType.Float,
        [
            TestModels.Node("MatMul", ["x", "w1"], "h"), TestModels.Node("Relu", ["h"], "r"), TestModels.Node("MatMul", ["r", "w2"], "y"),
        ],
        [TestModels.Random("w1", DataType.Float, 1, Inputs, 300), TestModels.Random("w2", DataType.Float, 2, 300, Outputs)]),
        [0.5, 0.8, 0.9]);

    [TestMethod]
    public void Runs_of_many_threads_with_changing_rows_and_levels_do_not_mix() => RunConcurrently(runs: 800);

    [TestMethod]
    [TestCategory("Slow")]
    public void Ten_thousand_runs_of_many_threads_do_not_mix() => RunConcurrently(runs: 10_000);

    [TestMethod]
    public void Disposed_transformers_leave_no_native_memory() => CreateAndDispose(cycles: 20);

    [TestMethod]
    [TestCategory("Slow")]
    public void A_thousand_disposed_transformers_leave_no_native_memory() => CreateAndDispose(cycles: 1_000);

    [TestMethod]
    public void A_transformer_that_nobody_disposes_is_freed_by_the_garbage_collector()
    {
        var before = LiveBytes.Settled();
        Forget();
        Assert.AreEqual(before, LiveBytes.Settled());

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget()
        {
            var live = NativeBlock.LiveBytes;
            Score(Transformer().WithLevel(1), 9);
            Assert.IsGreaterThan(live, NativeBlock.LiveBytes);
        }
    }

    [TestMethod]
    public void All_levels_share_one_pack_per_tensor()
    {
        Assert.IsGreaterThan(2, Parent.Levels.Count, "There must be sparse levels that could copy what the first has.");
        var before = LiveBytes.Settled();
        using (var transformer = Transformer())
        {
            Score(transformer, 9);
            Assert.AreEqual(before, NativeBlock.LiveBytes, "The dense level packs nothing.");
            long? packs = null;
            foreach (var level in Parent.Levels.Skip(1))
            {
                using var sparse = transformer.WithLevel(level.Index);
                Score(sparse, 9);
                Assert.IsTrue(sparse.Execution.All(layer => layer.Kernel == ElsaLayerKernel.Sparse));
                Assert.HasCount(2, sparse.Execution);
                packs ??= NativeBlock.LiveBytes;
                Assert.IsGreaterThan(before, packs.Value);
                Assert.AreEqual(packs.Value, NativeBlock.LiveBytes, $"Level {level.Name} copies no weight.");
            }
        }
        Assert.AreEqual(before, NativeBlock.LiveBytes);
    }

    static void RunConcurrently(int runs)
    {
        using var transformer = Transformer();
        var levels = Parent.Levels.Select(level => transformer.WithLevel(level.Index)).ToList();
        var expected = levels.Select(level => Rows.Select(rows => Score(level, rows)).ToList()).ToList();
        var next = 0;
        var threads = Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (int run; (run = Interlocked.Increment(ref next)) <= runs;)
                {
                    var (level, rows) = (run * 7 % levels.Count, run * 11 % Rows.Length);
                    if (run % 97 == 0) GC.Collect();
                    CollectionAssert.AreEqual(expected[level][rows], Score(levels[level], Rows[rows]), $"run {run}");
                }
            }, TaskCreationOptions.LongRunning)).ToArray();
        Task.WaitAll(threads);
        foreach (var level in levels) level.Dispose();
    }

    static void CreateAndDispose(int cycles)
    {
        var before = LiveBytes.Settled();
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            using var transformer = Transformer();
            using var sparse = transformer.WithLevel(1 + cycle % (Parent.Levels.Count - 1));
            Score(sparse, 9);
            Assert.IsGreaterThan(before, NativeBlock.LiveBytes);
        }
        Assert.AreEqual(before, NativeBlock.LiveBytes);
    }

    static ElsaTransformer Transformer() => new(new MLContext(1), Parent,
        new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Required, IntraOpNumThreads = 1 }, new ScoringColumns("Score", "Features"), 0);

    static float[] Score(ElsaTransformer transformer, int rows)
    {
        var random = new Random(rows);
        var view = new MLContext(1).Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(_ => new Row
        {
            Features = [.. Enumerable.Range(0, Inputs).Select(_ => random.NextSingle() - 0.5f)],
        }).ToList());
        using var cursor = transformer.Transform(view).GetRowCursor(transformer.GetOutputSchema(view.Schema));
        var getter = cursor.GetGetter<Microsoft.ML.Data.VBuffer<float>>(cursor.Schema["Score"]);
        var scores = new List<float>();
        Microsoft.ML.Data.VBuffer<float> score = default;
        while (cursor.MoveNext())
        {
            getter(ref score);
            scores.AddRange(score.DenseValues());
        }
        return [.. scores];
    }

    sealed class Row
    {
        [Microsoft.ML.Data.VectorType(Inputs)] public float[] Features { get; set; } = [];
    }
}
