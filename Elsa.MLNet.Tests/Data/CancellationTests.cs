using System.Reflection;
using Elsa.MLNet.Data;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class CancellationTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    public void A_cancelled_token_stops_before_the_next_batch()
    {
        using var stop = new CancellationTokenSource();
        var execution = new ElsaExecutionOptions { BatchSize = 8, CancellationToken = stop.Token };
        using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()), execution);
        var view = transformer.Transform(TestRows.View(_context, 100));
        using var cursor = view.GetRowCursor(view.Schema);
        for (int i = 0; i < 8; i++)
            Assert.IsTrue(cursor.MoveNext());
        stop.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(() => cursor.MoveNext());
    }

    [TestMethod]
    public void A_cancelled_token_stops_a_prediction_engine()
    {
        using var stop = new CancellationTokenSource();
        var execution = new ElsaExecutionOptions { CancellationToken = stop.Token };
        var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()), execution);
        using var engine = _context.Model.CreatePredictionEngine<TestRows.Row, TestRows.Prediction>(transformer);
        var row = TestRows.Make(1)[0];
        engine.Predict(row);
        stop.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(() => engine.Predict(row));
    }

    [TestMethod]
    public void A_cancelled_token_terminates_a_batch_that_is_running()
    {
        using var stop = new CancellationTokenSource();
        using var scorer = new LevelModelOf(Slow(), stop.Token).Open(2048);
        stop.CancelAfter(TimeSpan.FromMilliseconds(100));
        Assert.ThrowsExactly<OperationCanceledException>(() => scorer.Run(2048));
    }

    [TestMethod]
    public void Cancelling_the_ML_NET_environment_stops_before_the_next_batch_and_later_cursors_work()
    {
        using var transformer = TestRows.Transformer(
            _context, new TestLevels(TestModels.Mlp()), new ElsaExecutionOptions { BatchSize = 8 });
        var view = transformer.Transform(TestRows.View(_context, 100));
        using var cursor = view.GetRowCursor(view.Schema);
        Assert.IsTrue(cursor.MoveNext());

        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(_context, null);

        for (int i = 1; i < 8; i++)
            Assert.IsTrue(cursor.MoveNext());
        Assert.ThrowsExactly<OperationCanceledException>(() => cursor.MoveNext());
        Assert.HasCount(100, TestRows.Vectors(view));
    }

    [TestMethod]
    public void Reading_scores_draws_no_random_number_from_the_environment()
    {
        int[] With(bool scoring)
        {
            var context = new MLContext(5);
            var view = TestRows.View(context, 10);
            if (scoring)
            {
                using var transformer = TestRows.Transformer(context, new TestLevels(TestModels.Mlp()));
                TestRows.Vectors(transformer.Transform(view));
            }
            else
            {
                TestRows.Vectors(view, "Features");
            }
            var shuffled = context.Data.ShuffleRows(TestRows.View(context, 50));
            return [.. context.Data.CreateEnumerable<TestRows.Row>(shuffled, reuseRowObject: false).Select(r => r.Number)];
        }
        CollectionAssert.AreEqual(With(scoring: false), With(scoring: true));
    }

    [TestMethod]
    public void The_environment_behind_the_catalog_is_found()
    {
        var messages = new List<string>();
        _context.Log += (_, e) => messages.Add(e.RawMessage);
        using (var channel = MLNetInternals.EnvironmentOf(_context.Transforms).Start("test"))
            channel.Info(Microsoft.ML.Runtime.MessageSensitivity.None, "heard");
        CollectionAssert.Contains(messages, "heard");
    }

    private static ModelProto Slow()
    {
        const int Layers = 400;
        string From(int layer) => layer == 0 ? "x" : "h" + layer;
        return TestModels.Model(
            [("x", ["N", 512])], [(From(Layers), ["N", 512])], DataType.Float,
            [.. Enumerable.Range(0, Layers).Select(i => TestModels.Node("MatMul", [From(i), "w"], From(i + 1)))],
            [TestModels.Random("w", DataType.Float, 1, 512, 512)]);
    }

    private sealed class LevelModelOf(ModelProto model, CancellationToken token)
    {
        public IBatchScorer Open(int rows) => new MLNet.Scoring.LevelModel(
            new MLNet.Scoring.LevelSessions(
                new MLContext(1), new TestLevels(model), new ElsaExecutionOptions { IntraOpNumThreads = 1, CancellationToken = token }, null, null),
            level: 0).Open(512, rows);
    }
}
