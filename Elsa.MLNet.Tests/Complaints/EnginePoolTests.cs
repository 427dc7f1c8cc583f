using System.Collections.Concurrent;
using Elsa.MLNet.Tests.Data;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Complaints;

/// <summary>Many threads and one model. An engine is for one thread at a time, so a pool lends it.</summary>
[TestClass]
public sealed class EnginePoolTests
{
    const int Threads = 8, Calls = 200;

    readonly MLContext _context = new(1);

    [TestMethod, Complaint("Whether threads may share a model")]
    public void Thread_safety_engines_of_a_pool_are_lent_returned_and_reused_over_one_transformer()
    {
        var levels = new TestLevels(TestModels.Mlp());
        using var transformer = TestRows.Transformer(_context, levels);
        var rows = TestRows.Make(50);
        var expected = levels.Oracle(0, [.. rows.Select(row => row.Features)], batch: 1);
        var (pool, made) = (new ConcurrentBag<PredictionEngine<TestRows.Row, TestRows.Prediction>>(), 0);

        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            for (var call = 0; call < Calls; call++)
            {
                if (!pool.TryTake(out var engine))
                {
                    Interlocked.Increment(ref made);
                    engine = _context.Model.CreatePredictionEngine<TestRows.Row, TestRows.Prediction>(
                        transformer, new PredictionEngineOptions { OwnsTransformer = false });
                }
                var row = (thread * 31 + call * 7) % rows.Length;
                TestRows.Close(expected[row], engine.Predict(rows[row]).Score);
                pool.Add(engine);
            }
        });

        Assert.IsLessThan(Threads * Calls, made);
        Assert.AreEqual(2, levels.Extractions, "once for the signature, once for the session that all engines share");
        // A pool that is emptied takes nothing from others.
        foreach (var engine in pool) engine.Dispose();
        Assert.HasCount(50, TestRows.Vectors(transformer.Transform(TestRows.View(_context, 50))));
    }
}
