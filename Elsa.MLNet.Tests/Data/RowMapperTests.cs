using Elsa.MLNet.Data;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class RowMapperTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    public void A_prediction_engine_gives_the_scores_of_Transform()
    {
        var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()));
        var rows = TestRows.Make(40);
        var expected = TestRows.Vectors(transformer.Transform(TestRows.View(_context, 40)));
        using var engine = _context.Model.CreatePredictionEngine<TestRows.Row, TestRows.Prediction>(transformer);
        for (int i = 0; i < 40; i++)
            TestRows.Close(expected[i], engine.Predict(rows[i]).Score);
        TestRows.Close(expected[3], engine.Predict(rows[3]).Score);
    }

    [TestMethod]
    public void A_prediction_engine_runs_through_a_chain_around_the_model()
    {
        var view = TestRows.View(_context, 40);
        var estimator = _context.Transforms.ApplyElsaModel("Raw", "Features", TestParents.Of(TestModels.Mlp()), "s50");
        var chain = _context.Transforms.NormalizeMinMax("Features").Append(estimator)
            .Append(_context.Transforms.CopyColumns("Score", "Raw")).Fit(view);
        var expected = TestRows.Vectors(chain.Transform(view));
        var rows = TestRows.Make(40);
        using var engine = _context.Model.CreatePredictionEngine<TestRows.Row, TestRows.Prediction>(chain);
        for (int i = 0; i < 40; i++)
            TestRows.Close(expected[i], engine.Predict(rows[i]).Score);
    }

    [TestMethod]
    public void A_row_is_scored_once_per_position_however_many_ask()
    {
        var model = new FakeModel(TestRows.Size);
        var source = TestRows.View(_context, 3);
        var mapper = Mapper(source.Schema, model);
        var cursor = source.GetRowCursor(source.Schema);
        using var row = mapper.GetRow(cursor, mapper.OutputSchema);
        var first = row.GetGetter<VBuffer<float>>(row.Schema["Score"]);
        var second = row.GetGetter<VBuffer<float>>(row.Schema["Score"]);
        var number = row.GetGetter<int>(row.Schema["Number"]);
        var id = row.GetIdGetter();
        var sourceId = cursor.GetIdGetter();
        VBuffer<float> value = default, other = default;
        DataViewRowId mine = default, theirs = default;
        int which = -1;
        for (int i = 0; i < 3; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            first(ref value);
            second(ref other);
            number(ref which);
            id(ref mine);
            sourceId(ref theirs);
            Assert.AreEqual(TestRows.Make(3)[i].Features.Sum(), value.GetValues()[0], 1e-5f);
            CollectionAssert.AreEqual(value.GetValues().ToArray(), other.GetValues().ToArray());
            Assert.AreEqual(i, which);
            Assert.AreEqual(theirs, mine);
            Assert.AreEqual(cursor.Position, row.Position);
            Assert.AreEqual(cursor.Batch, row.Batch);
        }
        Assert.AreEqual(3, model.Runs);
    }

    [TestMethod]
    public void A_row_without_the_score_opens_no_model()
    {
        var model = new FakeModel(TestRows.Size);
        var source = TestRows.View(_context, 1);
        var mapper = Mapper(source.Schema, model);
        using var row = mapper.GetRow(source.GetRowCursor(source.Schema), [mapper.OutputSchema["Number"]]);
        Assert.IsTrue(row.IsColumnActive(row.Schema["Number"]));
        Assert.IsFalse(row.IsColumnActive(row.Schema["Score"]));
        Assert.ThrowsExactly<InvalidOperationException>(() => row.GetGetter<VBuffer<float>>(row.Schema["Score"]));
        Assert.AreEqual(0, model.Opened);
    }

    [TestMethod]
    public void The_score_depends_on_the_scored_column_and_others_on_themselves()
    {
        var source = TestRows.View(_context, 1);
        var mapper = Mapper(source.Schema, new FakeModel(TestRows.Size));
        CollectionAssert.AreEqual(new[] { "Features" }, Names(mapper.GetDependencies([mapper.OutputSchema["Score"]])));
        CollectionAssert.AreEqual(new[] { "Number" }, Names(mapper.GetDependencies([mapper.OutputSchema["Number"]])));
        CollectionAssert.AreEqual(new[] { "Features", "Number" }, Names(mapper.GetDependencies(mapper.OutputSchema)));
        Assert.IsEmpty(mapper.GetDependencies([]));
    }

    [TestMethod]
    public void A_row_of_another_schema_is_refused()
    {
        var source = TestRows.View(_context, 1);
        var other = TestRows.View(_context, 1);
        var mapper = Mapper(source.Schema, new FakeModel(TestRows.Size));
        using var row = other.GetRowCursor(other.Schema);
        var error = Assert.ThrowsExactly<ArgumentException>(() => mapper.GetRow(row, mapper.OutputSchema));
        StringAssert.StartsWith(error.Message, "The row has another schema than the mapper was made for.");
    }

    private static string[] Names(IEnumerable<DataViewSchema.Column> columns) => [.. columns.Select(c => c.Name)];

    private ScoredRowMapper Mapper(DataViewSchema schema, FakeModel model) => new(
        ((Microsoft.ML.Runtime.IHostEnvironment)_context).Register("test"), new ScoredSchema(schema, new ScoringColumns("Score", "Features"), model), model, new ElsaExecutionOptions());
}
