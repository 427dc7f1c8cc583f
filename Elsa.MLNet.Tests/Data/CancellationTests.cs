using System.Reflection;
using Elsa.MLNet.Data;
using Elsa.MLNet.Scoring;
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
    [DataRow(1, 256)]
    [DataRow(2, 256)]
    [DataRow(2, 1)]
    [Timeout(60_000)]
    public void A_cancelled_token_terminates_a_batch_that_would_never_end(int threads, int rows)
    {
        using var stop = new CancellationTokenSource();
        var execution = new ElsaExecutionOptions { BatchSize = rows, IntraOpNumThreads = threads, CancellationToken = stop.Token };
        using var model = new LevelModel(new LevelSessions(_context, new TestLevels(Repeating()), execution, null, null), level: 0);
        using var scorer = model.Open(1, rows);
        var values = (IRowValues<float>)scorer.Inputs(0);
        for (int row = 0; row < rows; row++)
            values.Row(row)[0] = 3;
        scorer.Run(rows);
        Assert.AreEqual(3, ((IRowValues<float>)scorer.Outputs(0)).Row(0)[0]);

        for (int row = 0; row < rows; row++)
            values.Row(row)[0] = 1e15f;
        // A thread of its own, for those of the pool may all be busy with other tests; and a moment for the run to begin,
        // though nothing fails if it has not.
        var canceller = new Thread(() =>
        {
            Thread.Sleep(50);
            stop.Cancel();
        });
        canceller.Start();
        Assert.ThrowsExactly<OperationCanceledException>(() => scorer.Run(rows));
        canceller.Join();
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

    /// <summary>y = x, after as many turns of a loop as the largest x says.</summary>
    private static ModelProto Repeating()
    {
        var body = new GraphProto { Name = "body" };
        body.Input.Add(TestModels.Value("turn", DataType.Int64, []));
        body.Input.Add(TestModels.Value("goes", DataType.Bool, []));
        body.Input.Add(TestModels.Value("before", DataType.Float, ["N", 1]));
        body.Output.Add(TestModels.Value("goesOn", DataType.Bool, []));
        body.Output.Add(TestModels.Value("after", DataType.Float, ["N", 1]));
        body.Node.Add(TestModels.Node("Identity", ["goes"], "goesOn"));
        body.Node.Add(TestModels.Node("Abs", ["before"], "after"));
        return TestModels.Model(
            [("x", ["N", 1])], [("y", ["N", 1])], DataType.Float,
            [
                TestModels.Node("ReduceMax", ["x"], "most", TestModels.Attribute("keepdims", 0)),
                TestModels.Node("Cast", ["most"], "turns", TestModels.Attribute("to", (long)DataType.Int64)),
                TestModels.Node("Loop", ["turns", "", "x"], "y",
                    new AttributeProto { Name = "body", Type = AttributeProto.Types.AttributeType.Graph, G = body }),
            ],
            []);
    }
}
