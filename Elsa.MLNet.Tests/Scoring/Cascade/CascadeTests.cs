using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring.Cascade;
using Elsa.MLNet.Tests.Data;
using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;
using static Elsa.MLNet.Tests.Scoring.Cascade.CascadeParent;

namespace Elsa.MLNet.Tests.Scoring.Cascade;

/// <summary>Cascades from calibration to scores.</summary>
[TestClass]
public sealed class CascadeTests : IDisposable
{
    static readonly ParentModel Parent = Make();
    static readonly ElsaCascadeOptions Options = new() { MaximumLoss = 0.05 };

    readonly MLContext _context = new(1);
    readonly ElsaTransformer _elsa;
    readonly double _middle;
    readonly List<Row> _heldOut;

    public CascadeTests()
    {
        _heldOut = Rows(_context, Parent, 800);
        _elsa = _context.Transforms.ApplyElsaModel("Score", "Features", Parent, "s60", new ElsaExecutionOptions { BatchSize = 64 })
            .Fit(View(_heldOut));
        using var sparsest = _elsa.WithLevel(3);
        double[] sure = [.. TestRows.Vectors(sparsest.Transform(View(_heldOut))).Select(LogOdds).Order()];
        // Between two rows, so that no rounding moves a row to the other side.
        _middle = (sure[399] + sure[400]) / 2;
    }

    public void Dispose() => _elsa.Dispose();

    [TestMethod]
    public void Every_row_has_the_score_of_the_level_that_is_named_and_that_level_is_the_first_sure_one()
    {
        var options = Options with { Levels = ["s80", "s60", "dense"] };
        using var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(_middle, options));
        var rows = Rows(_context, Parent, 300, seed: 9);
        var found = Predictions(cascade.Transform(View(rows)));
        var alone = Parent.Levels.ToDictionary(level => level.Index, level =>
        {
            using var single = _elsa.WithLevel(level.Index);
            return TestRows.Vectors(single.Transform(View(rows)));
        });
        for (int row = 0; row < rows.Count; row++)
        {
            int expected = LogOdds(alone[3][row]) > _middle ? 3 : LogOdds(alone[2][row]) > _middle ? 2 : 0;
            Assert.AreEqual(expected, found[row].LevelUsed);
            Assert.AreEqual($"row {row}", found[row].Name);
            TestRows.Close(alone[expected][row], found[row].Score);
        }
        foreach (int level in new[] { 0, 2, 3 }) Assert.IsTrue(found.Any(row => row.LevelUsed == level), $"level {level}");
    }

    [TestMethod]
    public void A_threshold_at_either_end_is_one_level()
    {
        var rows = View(_heldOut);
        using var sparsest = _elsa.WithLevel(ElsaLevelPolicy.Cascade(double.NegativeInfinity));
        using var densest = _elsa.WithLevel(ElsaLevelPolicy.Cascade(double.PositiveInfinity));
        Assert.IsTrue(Predictions(sparsest.Transform(rows)).All(row => row.LevelUsed == 3));
        Assert.IsTrue(Predictions(densest.Transform(rows)).All(row => row.LevelUsed == 0));
        Assert.IsNull(sparsest.Report);
    }

    [TestMethod]
    public void Calibration_reports_what_scoring_then_does()
    {
        using var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(View(_heldOut), Options));
        var report = cascade.Report!;
        var found = Predictions(cascade.Transform(View(_heldOut)));
        Assert.AreEqual(800, report.Rows);
        Assert.AreEqual(cascade.Threshold, report.Threshold);
        Assert.IsTrue(double.IsFinite(report.Threshold));
        Assert.AreSequenceEqual(["s80", "dense"], report.Levels.Select(level => level.Level.Name));
        Assert.AreSequenceEqual(["s80", "dense"], cascade.Levels.Select(level => level.Name));
        Assert.AreEqual(found.Count(row => row.LevelUsed == 3) / 800.0, report.Levels[0].Answered);
        Assert.AreEqual(found.Count(row => row.LevelUsed == 0) / 800.0, report.Levels[1].Answered);
        Assert.AreEqual(1, report.Levels[0].Asked);
        Assert.AreEqual(report.Levels[1].Answered, report.Levels[1].Asked, 1e-12);
        Assert.AreEqual(found.Zip(_heldOut).Count(pair => Class(pair.First.Score) == pair.Second.Label) / 800.0, report.Accuracy);

        using var dense = _elsa.WithLevel(0);
        var best = TestRows.Vectors(dense.Transform(View(_heldOut)));
        int lost = Enumerable.Range(0, 800).Count(row => Class(best[row]) == _heldOut[row].Label && Class(found[row].Score) != _heldOut[row].Label);
        Assert.AreEqual(lost, report.LostRows);
        Assert.IsGreaterThan(0, report.LostRows, "the cascade uses the loss that it is allowed");
        Assert.AreEqual(BinomialBound.Upper(lost, 800, 0.95), report.LossBound);
        Assert.IsLessThanOrEqualTo(0.05, report.LossBound);
        Assert.IsLessThanOrEqualTo(0.05, report.Levels[1].Accuracy - report.Accuracy);
    }

    [TestMethod]
    public void The_mean_cost_is_that_of_the_levels_a_row_is_asked_of()
    {
        using var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(View(_heldOut), Options));
        var report = cascade.Report!;
        double asked = report.Levels[1].Asked;
        var (sparse, dense) = (Parent.Masks.KeptCount(3), Parent.Masks.KeptCount(0));
        Assert.AreEqual(sparse, report.Levels[0].MultiplyAdds);
        Assert.AreEqual(dense, report.Levels[1].MultiplyAdds);
        Assert.AreEqual(((double)sparse / dense) + asked, report.RelativeMultiplyAdds!.Value, 1e-12);
        Assert.AreEqual(report.Levels[0].MillisecondsPerRow + (asked * report.Levels[1].MillisecondsPerRow), report.MillisecondsPerRow, 1e-12);
        Assert.AreEqual(report.MillisecondsPerRow / report.Levels[1].MillisecondsPerRow, report.RelativeTime, 1e-12);
        string text = report.ToString();
        Assert.StartsWith("Cascade calibrated on 800 rows: threshold ", text);
        Assert.Contains("allowed 0.05, certainty 0.95.", text);
        Assert.Contains($"{sparse} multiply-adds per row", text);
        Assert.Contains("Mean cost of a row: ", text);
        Assert.IsNull((report with { Levels = [report.Levels[0], report.Levels[1] with { MultiplyAdds = null }] }).RelativeMultiplyAdds);
    }

    [TestMethod]
    public void A_convolution_uses_its_weights_at_every_position()
    {
        var parent = TestParents.Of(TestModels.Model([("x", ["N", 2, 5, 5])], [("y", ["N", 3, 3, 3])], TensorProto.Types.DataType.Float,
            [TestModels.Node("Conv", ["x", "w"], "y")], [TestModels.Random("w", TensorProto.Types.DataType.Float, 3, 3, 2, 3, 3)]));
        using var model = new MLNet.Scoring.LevelModel(new MLNet.Scoring.LevelSessions(_context, new MLNet.Scoring.ParentLevels(parent), new ElsaExecutionOptions(), null, null), 0);
        Assert.AreSequenceEqual([54 * 9.0, 27 * 9.0], MultiplyAdds.Of(parent, model, 50)!);
    }

    [TestMethod]
    public void The_prediction_engine_gives_the_same_as_batches()
    {
        using var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(_middle));
        var rows = _heldOut.Take(50).ToList();
        var batched = Predictions(cascade.Transform(View(rows)));
        using var engine = _context.Model.CreatePredictionEngine<Row, Prediction>(cascade, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.HasCount(2, batched.Select(row => row.LevelUsed).Distinct());
        for (int row = 0; row < rows.Count; row++)
        {
            var single = engine.Predict(rows[row]);
            Assert.AreEqual(batched[row].LevelUsed, single.LevelUsed);
            Assert.AreEqual(batched[row].Name, single.Name);
            TestRows.Close(batched[row].Score, single.Score);
        }
    }

    [TestMethod]
    public void Cursors_side_by_side_give_every_row_once_and_columns_can_be_asked_for_alone()
    {
        using var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(_middle));
        var source = _context.Data.Cache(View(_heldOut));
        var view = cascade.Transform(source);
        var expected = Predictions(view);
        var names = new List<string>();
        foreach (var cursor in view.GetRowCursorSet([view.Schema["LevelUsed"], view.Schema["Name"]], 3))
            using (cursor)
            {
                Assert.IsFalse(cursor.IsColumnActive(view.Schema["Score"]));
                Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]));
                Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<long>(view.Schema["LevelUsed"]));
                var (level, name) = (cursor.GetGetter<int>(view.Schema["LevelUsed"]), cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Name"]));
                while (cursor.MoveNext())
                {
                    (int used, ReadOnlyMemory<char> text) = (0, default);
                    level(ref used);
                    name(ref text);
                    names.Add(text.ToString());
                    Assert.AreEqual(expected[int.Parse(text.ToString()[4..], null)].LevelUsed, used);
                }
            }
        Assert.AreSequenceEqual(_heldOut.Select(row => row.Name).Order(), names.Order());
        Assert.AreSequenceEqual(_heldOut.Select(row => row.Name), view.GetColumn<string>("Name"));
    }

    [TestMethod]
    public void The_score_stays_where_ML_NET_puts_it_and_the_level_is_the_last_column()
    {
        using var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(_middle, Options with { LevelUsedColumnName = "Asked" }));
        var schema = cascade.GetOutputSchema(View(_heldOut).Schema);
        Assert.AreSequenceEqual(["Features", "Label", "Name", "Score", "Asked"], schema.Select(column => column.Name));
        Assert.AreEqual(3, ((VectorDataViewType)schema["Score"].Type).Size);
        Assert.AreEqual(NumberDataViewType.Int32, schema["Asked"].Type);
        Assert.AreEqual(schema.ToString(), cascade.Transform(View(_heldOut)).Schema.ToString());
    }

    [TestMethod]
    public void A_cascade_stands_in_a_chain()
    {
        using var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(_middle));
        var chain = new TransformerChain<ITransformer>(cascade, _context.Transforms.CopyColumns("Which", "LevelUsed").Fit(cascade.Transform(View(_heldOut))));
        var scored = chain.Transform(View(_heldOut));
        Assert.AreSequenceEqual(scored.GetColumn<int>("LevelUsed"), scored.GetColumn<int>("Which"));
        Assert.IsTrue(((ITransformer)chain).IsRowToRowMapper);
    }

    [TestMethod]
    public void After_Dispose_everything_throws_but_the_transformer_lives_on()
    {
        var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(_middle));
        var view = cascade.Transform(View(_heldOut));
        cascade.Dispose();
        cascade.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => cascade.Transform(View(_heldOut)));
        Assert.ThrowsExactly<ObjectDisposedException>(() => cascade.GetOutputSchema(View(_heldOut).Schema));
        Assert.ThrowsExactly<ObjectDisposedException>(() => TestRows.Vectors(view));
        Assert.HasCount(800, TestRows.Vectors(_elsa.Transform(View(_heldOut))));
    }

    [TestMethod]
    public void A_cascade_outlives_the_transformer_that_made_it()
    {
        var elsa = _elsa.WithLevel(1);
        using var cascade = elsa.WithLevel(ElsaLevelPolicy.Cascade(View(_heldOut), Options));
        elsa.Dispose();
        Assert.HasCount(800, Predictions(cascade.Transform(View(_heldOut))));
        Assert.ThrowsExactly<ObjectDisposedException>(() => elsa.WithLevel(ElsaLevelPolicy.Cascade(1.0)));
    }

    [TestMethod]
    public void Too_few_held_out_rows_are_refused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => _elsa.WithLevel(ElsaLevelPolicy.Cascade(View(_heldOut))));
        Assert.StartsWith("The held-out data has 800 rows. To prove a loss of at most 0.001 with certainty 0.95, at least 2995 rows", error.Message);
        Assert.ThrowsExactly<ArgumentException>(() => _elsa.WithLevel(ElsaLevelPolicy.Cascade(View([]))));
    }

    [TestMethod]
    public void A_missing_or_unfit_label_is_refused()
    {
        var missing = Assert.ThrowsExactly<ArgumentException>(() => _elsa.WithLevel(ElsaLevelPolicy.Cascade(View(_heldOut), Options with { LabelColumnName = "Truth" })));
        Assert.StartsWith("There is no label column 'Truth'. The columns are Features, Label, Name;", missing.Message);
        var rows = Rows(_context, Parent, 100);
        rows[70].Label = 3;
        var unfit = Assert.ThrowsExactly<ArgumentException>(() => _elsa.WithLevel(ElsaLevelPolicy.Cascade(View(rows), Options)));
        Assert.StartsWith("Label column 'Label' is 3 in row 70. Allowed are the whole numbers 0 to 2", unfit.Message);
        Assert.ThrowsExactly<ArgumentException>(() => _elsa.WithLevel(ElsaLevelPolicy.Cascade(View(rows), Options with { LabelColumnName = "Name" })));
    }

    [TestMethod]
    public void Levels_that_do_not_become_denser_are_refused()
    {
        foreach (string[] levels in new string[][] { [], ["dense"], ["dense", "s80"], ["s80", "s80"] })
        {
            var error = Assert.ThrowsExactly<ArgumentException>(() => _elsa.WithLevel(ElsaLevelPolicy.Cascade(1.0, Options with { Levels = levels })));
            Assert.Contains("cannot escalate. Give two or more in the order from sparse to dense, of s80, s60, s30, dense.", error.Message);
        }
        Assert.ThrowsExactly<ArgumentException>(() => _elsa.WithLevel(ElsaLevelPolicy.Cascade(1.0, Options with { Levels = ["s81", "dense"] })));
    }

    [TestMethod]
    public void Options_out_of_range_are_refused()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ElsaCascadeOptions { MaximumLoss = 0 });
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ElsaCascadeOptions { Certainty = 1 });
        Assert.ThrowsExactly<ArgumentException>(() => new ElsaCascadeOptions { LabelColumnName = "" });
        Assert.ThrowsExactly<ArgumentException>(() => new ElsaCascadeOptions { LevelUsedColumnName = " " });
        Assert.ThrowsExactly<ArgumentException>(() => _elsa.WithLevel(ElsaLevelPolicy.Cascade(double.NaN)));
    }

    [TestMethod]
    public void A_column_of_the_level_s_name_is_refused()
    {
        using var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(1.0, Options with { LevelUsedColumnName = "Name" }));
        var error = Assert.ThrowsExactly<ArgumentException>(() => cascade.Transform(View(_heldOut)));
        Assert.StartsWith("The column 'Name' for the level used exists already. Choose a name that is free as LevelUsedColumnName.", error.Message);
    }

    [TestMethod]
    [DataRow(0.25)]
    [DataRow(double.NegativeInfinity)]
    [DataRow(double.PositiveInfinity)]
    public void A_cascade_is_saved_with_its_levels_threshold_and_column(double threshold)
    {
        var options = Options with { Levels = ["s80", "s60", "dense"], LevelUsedColumnName = "Asked", Confidence = ElsaConfidence.Margin, Scores = ElsaScoreKind.Logits };
        using var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(threshold, options));
        using var file = new MemoryStream();
        _context.Model.Save(cascade, View(_heldOut).Schema, file);
        using var loaded = (ElsaCascade)new MLContext().Model.Load(file, out _);
        Assert.AreEqual(threshold, loaded.Threshold);
        Assert.AreSequenceEqual(["s80", "s60", "dense"], loaded.Levels.Select(level => level.Name));
        Assert.IsNull(loaded.Report);
        using var batches = loaded.WithExecution(new ElsaExecutionOptions { BatchSize = 64 });
        var (before, after) = (cascade.Transform(View(_heldOut)), batches.Transform(View(_heldOut)));
        Assert.AreSequenceEqual(before.GetColumn<int>("Asked"), after.GetColumn<int>("Asked"));
        Assert.AreSequenceEqual(TestRows.Vectors(before).SelectMany(row => row), TestRows.Vectors(after).SelectMany(row => row));
    }

    [TestMethod]
    public void A_cascade_in_a_saved_chain_is_executed_as_the_machine_says()
    {
        using var cascade = _elsa.WithLevel(ElsaLevelPolicy.Cascade(_middle));
        var chain = new TransformerChain<ITransformer>(cascade, _context.Transforms.CopyColumns("Which", "LevelUsed").Fit(cascade.Transform(View(_heldOut))));
        using var file = new MemoryStream();
        _context.Model.Save(chain, View(_heldOut).Schema, file);
        using var loaded = (TransformerChain<ITransformer>)new MLContext().Model.Load(file, out _);
        using var onOneThread = (TransformerChain<ITransformer>)loaded.WithElsaExecution(new ElsaExecutionOptions { IntraOpNumThreads = 1, BatchSize = 64 });
        Assert.AreSequenceEqual(chain.Transform(View(_heldOut)).GetColumn<int>("Which"), onOneThread.Transform(View(_heldOut)).GetColumn<int>("Which"));
        Assert.IsEmpty(loaded.ElsaTransformers());
        var error = Assert.ThrowsExactly<ArgumentException>(() => loaded.WithElsaLevel("s80"));
        Assert.StartsWith("The model ends in an ElsaCascade, whose levels are fixed", error.Message);
    }

    [TestMethod]
    public void A_policy_says_its_rule()
    {
        Assert.AreEqual("the sparsest and the dense level, so that at most 0.05 of the rows are lost", ElsaLevelPolicy.Cascade(View(_heldOut), Options).ToString());
        Assert.AreEqual(
            "s80, s60, dense, each for rows of which it is surer than 1.5 (log-odds)",
            ElsaLevelPolicy.Cascade(1.5, Options with { Levels = ["s80", "s60", "dense"] }).ToString());
    }

    [TestMethod]
    public void A_cancelled_token_stops_calibration()
    {
        using var stop = new CancellationTokenSource();
        using var elsa = _context.Transforms.ApplyElsaModel("Score", "Features", Parent, execution: new ElsaExecutionOptions { CancellationToken = stop.Token }).Fit(View(_heldOut));
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => elsa.WithLevel(ElsaLevelPolicy.Cascade(View(_heldOut), Options)));
    }

    static double LogOdds(float[] logits)
    {
        double top = 1 / logits.Sum(logit => Math.Exp(logit - logits.Max()));
        return Math.Log(top / (1 - top));
    }

    IDataView View(List<Row> rows) => _context.Data.LoadFromEnumerable(rows);

    List<Prediction> Predictions(IDataView view) => [.. _context.Data.CreateEnumerable<Prediction>(view, reuseRowObject: false)];
}
