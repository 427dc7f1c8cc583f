using Elsa.MLNet.Data;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Data;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;

namespace Elsa.MLNet.Tests.Scoring;

[TestClass]
public sealed class LifetimeTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    public void Every_level_scores_with_its_own_weights_and_is_loaded_once()
    {
        var levels = new TestLevels(TestModels.Mlp(seed: 1), TestModels.Mlp(seed: 50), TestModels.Mlp(seed: 99));
        using var dense = TestRows.Transformer(_context, levels);
        using var first = dense.WithLevel(1);
        using var second = first.WithLevel("s20");
        using var again = second.WithLevel("s10");
        var view = TestRows.View(_context, 20);
        var rows = TestRows.Make(20).Select(r => r.Features).ToArray();
        foreach (var transformer in new[] { dense, first, second, again })
        {
            var scores = TestRows.Vectors(transformer.Transform(view));
            var expected = levels.Oracle(transformer.Level, rows, batch: 20);
            for (int i = 0; i < 20; i++)
                CollectionAssert.AreEqual(expected[i], scores[i]);
        }
        Assert.AreEqual(4, levels.Extractions, "three levels and the signature; the second hold on level 1 loaded nothing");
    }

    [TestMethod]
    public void Changing_the_level_loads_nothing()
    {
        var levels = new TestLevels(TestModels.Mlp(seed: 1), TestModels.Mlp(seed: 50));
        using var dense = TestRows.Transformer(_context, levels);
        dense.WithLevel(1).Dispose();
        Assert.AreEqual(1, levels.Extractions);
    }

    [TestMethod]
    public void Sessions_live_until_the_last_copy_is_disposed()
    {
        var sessions = Sessions(TestModels.Mlp(seed: 1), TestModels.Mlp(seed: 50));
        var first = new LevelModel(sessions, 0);
        var second = first.At(1);
        first.Open(TestRows.Size, 4).Dispose();
        using var scorer = second.Open(TestRows.Size, 4);
        Assert.AreEqual(2, sessions.LoadedCount);

        first.Dispose();
        first.Dispose();
        Assert.AreEqual(2, sessions.LoadedCount);
        scorer.Run(1);
        second.Dispose();

        Assert.AreEqual(0, sessions.LoadedCount);
        Assert.ThrowsExactly<ObjectDisposedException>(() => scorer.Run(1));
        Assert.ThrowsExactly<ObjectDisposedException>(() => sessions.Get(0, sessions.Signature.Bind(TestRows.Size), 4));
        Assert.ThrowsExactly<ObjectDisposedException>(sessions.Users.Add);
    }

    [TestMethod]
    public void A_session_is_not_freed_under_a_run_on_another_thread()
    {
        for (int round = 0; round < 20; round++)
        {
            var model = new LevelModel(Sessions(TestModels.Mlp()), 0);
            using var scorer = model.Open(TestRows.Size, 64);
            using var running = new ManualResetEventSlim();
            var thread = Task.Run(() =>
            {
                int runs = 0;
                try
                {
                    while (true)
                    {
                        scorer.Run(64);
                        if (++runs == 5)
                            running.Set();
                    }
                }
                catch (ObjectDisposedException)
                {
                    return runs;
                }
            });
            running.Wait();
            model.Dispose();
            Assert.IsGreaterThanOrEqualTo(5, thread.Result);
        }
    }

    [TestMethod]
    public void After_Dispose_everything_throws_ObjectDisposedException()
    {
        var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()), new ElsaExecutionOptions { BatchSize = 4 });
        using var survivor = transformer.WithLevel(0);
        var source = TestRows.View(_context, 20);
        var view = transformer.Transform(source);
        using var cursor = view.GetRowCursor(view.Schema);
        Assert.IsTrue(cursor.MoveNext());
        transformer.Dispose();
        transformer.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => transformer.Transform(source));
        Assert.ThrowsExactly<ObjectDisposedException>(() => transformer.GetOutputSchema(source.Schema));
        Assert.ThrowsExactly<ObjectDisposedException>(() => ((ITransformer)transformer).GetRowToRowMapper(source.Schema));
        Assert.ThrowsExactly<ObjectDisposedException>(() => transformer.WithLevel(0));
        var score = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        VBuffer<float> value = default;
        var error = Assert.ThrowsExactly<ObjectDisposedException>(() => score(ref value));
        StringAssert.Contains(error.Message, "Keep it until the last row of every data view made by it has been read.");
        Assert.ThrowsExactly<ObjectDisposedException>(() => TestRows.Vectors(view));
        Assert.HasCount(20, TestRows.Vectors(survivor.Transform(source)));
    }

    [TestMethod]
    public void An_unknown_level_is_refused_with_the_names_there_are()
    {
        var levels = new TestLevels(TestModels.Mlp(seed: 1), TestModels.Mlp(seed: 50));
        using var transformer = TestRows.Transformer(_context, levels);
        var name = Assert.ThrowsExactly<ArgumentException>(() => transformer.WithLevel("s90"));
        StringAssert.StartsWith(name.Message, "There is no level 's90'. The levels are dense, s10.");
        var index = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => transformer.WithLevel(2));
        StringAssert.StartsWith(index.Message, "There is no level 2. The levels are 0 (dense), 1 (s10).");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => transformer.WithLevel(-1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TestRows.Transformer(_context, levels, level: 2));
        var names = Assert.ThrowsExactly<ArgumentException>(() => new ElsaTransformer(
            _context, levels, new ElsaExecutionOptions(), new ScoringColumns("y", "x"), 0, ["dense"]));
        StringAssert.StartsWith(names.Message, "There are 2 levels but 1 names. Name every level once.");
    }

    private LevelSessions Sessions(params ModelProto[] models) =>
        new(_context, new TestLevels(models), new ElsaExecutionOptions(), null, null);
}
