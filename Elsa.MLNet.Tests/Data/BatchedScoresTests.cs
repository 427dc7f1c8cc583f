using Elsa.MLNet.Tests.Complaints;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class BatchedScoresTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(255)]
    [DataRow(256)]
    [DataRow(257)]
    [DataRow(1000)]
    public void Scores_are_those_of_ONNX_Runtime(int count)
    {
        var levels = new TestLevels(TestModels.Mlp());
        using var transformer = TestRows.Transformer(_context, levels);
        var rows = TestRows.Make(count).Select(r => r.Features).ToArray();

        var scores = TestRows.Vectors(transformer.Transform(TestRows.View(_context, count)));

        Assert.HasCount(count, scores);
        var sameBatches = levels.Oracle(0, rows, batch: 256);
        var alone = levels.Oracle(0, rows, batch: 1);
        for (int i = 0; i < count; i++)
        {
            CollectionAssert.AreEqual(sameBatches[i], scores[i], "same batches, so the same bits");
            TestRows.Close(alone[i], scores[i]);
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(1000)]
    public void Any_batch_size_gives_the_scores_of_single_rows(int batchSize)
    {
        var levels = new TestLevels(TestModels.Mlp());
        using var transformer = TestRows.Transformer(_context, levels, new ElsaExecutionOptions { BatchSize = batchSize });

        var scores = TestRows.Vectors(transformer.Transform(TestRows.View(_context, 100)));

        var alone = levels.Oracle(0, [.. TestRows.Make(100).Select(r => r.Features)], batch: 1);
        for (int i = 0; i < 100; i++)
            TestRows.Close(alone[i], scores[i]);
    }

    [TestMethod]
    public void Sparse_rows_score_as_dense_ones()
    {
        var rows = new[] { new SparseRow(), new SparseRow(), new SparseRow() };
        rows[0].Features = new VBuffer<float>(TestRows.Size, 2, [1.5f, -2], [1, 4]);
        rows[1].Features = new VBuffer<float>(TestRows.Size, 0, [], []);
        rows[2].Features = new VBuffer<float>(TestRows.Size, [1, 2, 3, 4, 5, 6]);
        var levels = new TestLevels(TestModels.Mlp());
        using var transformer = TestRows.Transformer(_context, levels);

        var scores = TestRows.Vectors(transformer.Transform(_context.Data.LoadFromEnumerable(rows)));

        var expected = levels.Oracle(0, [[0, 1.5f, 0, 0, -2, 0], [0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6]], batch: 3);
        for (int i = 0; i < 3; i++)
            CollectionAssert.AreEqual(expected[i], scores[i]);
    }

    [TestMethod]
    public void A_scalar_column_feeds_a_model_of_one_value()
    {
        var levels = new TestLevels(TestModels.Mlp(inputs: 1));
        using var transformer = TestRows.Transformer(_context, levels, input: "X");
        var view = _context.Data.LoadFromEnumerable(new[] { new ScalarRow { X = 0.5f }, new ScalarRow { X = -3 } });

        var scores = TestRows.Vectors(transformer.Transform(view));

        var expected = levels.Oracle(0, [[0.5f], [-3]], batch: 2);
        CollectionAssert.AreEqual(expected[0], scores[0]);
        CollectionAssert.AreEqual(expected[1], scores[1]);
    }

    [TestMethod, Complaint("Whether threads may share a model")]
    public void Thread_safety_eight_threads_read_the_same_scores_at_once()
    {
        var levels = new TestLevels(TestModels.Mlp());
        using var transformer = TestRows.Transformer(_context, levels, new ElsaExecutionOptions { BatchSize = 16 });
        var view = TestRows.View(_context, 500);
        var expected = levels.Oracle(0, [.. TestRows.Make(500).Select(r => r.Features)], batch: 16);

        var results = new float[8][][];
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
            results[thread] = TestRows.Vectors(transformer.Transform(view)));

        foreach (var scores in results)
        {
            for (int i = 0; i < 500; i++)
                TestRows.Close(expected[i], scores[i]);
        }
        Assert.AreEqual(2, levels.Extractions, "once for the signature, once for the session that all threads share");
    }

    internal sealed class SparseRow
    {
        [VectorType(TestRows.Size)]
        public VBuffer<float> Features { get; set; }
    }

    internal sealed class ScalarRow
    {
        public float X { get; set; }
    }
}
