using Elsa.MLNet.Data;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class CursorTests
{
    private const int BatchSize = 8;
    private readonly MLContext _context = new(1);

    [TestMethod]
    public void Position_id_and_batch_number_are_those_of_the_source()
    {
        var source = _context.Data.ShuffleRows(TestRows.View(_context, 3 * BatchSize + 1), seed: 5);
        var view = Scored(source, new FakeModel(TestRows.Size));
        using var expected = source.GetRowCursor(source.Schema);
        using var actual = view.GetRowCursor(view.Schema);
        var expectedId = expected.GetIdGetter();
        var actualId = actual.GetIdGetter();
        DataViewRowId first = default, second = default;

        Assert.AreEqual(-1, actual.Position);
        while (expected.MoveNext())
        {
            Assert.IsTrue(actual.MoveNext());
            expectedId(ref first);
            actualId(ref second);
            Assert.AreEqual(first, second);
            Assert.AreEqual(expected.Position, actual.Position);
            Assert.AreEqual(expected.Batch, actual.Batch);
        }
        Assert.IsFalse(actual.MoveNext());
        Assert.IsFalse(actual.MoveNext());
        Assert.AreEqual(-1, actual.Position);
    }

    [TestMethod]
    public void A_batch_runs_once_and_only_when_one_of_its_scores_is_asked_for()
    {
        var model = new FakeModel(TestRows.Size);
        var view = Scored(TestRows.View(_context, 3 * BatchSize), model);
        using var cursor = view.GetRowCursor(view.Schema);
        var score = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        VBuffer<float> value = default;
        for (int row = 0; row < 3 * BatchSize; row++)
        {
            Assert.IsTrue(cursor.MoveNext());
            if (row is 3 or 5 or 20)
                score(ref value);
        }
        Assert.IsFalse(cursor.MoveNext());
        Assert.AreEqual(2, model.Runs, "the second batch was not asked for");
    }

    [TestMethod]
    public void Without_the_score_column_the_model_is_not_even_opened()
    {
        var model = new FakeModel(TestRows.Size);
        var source = TestRows.View(_context, 50);
        var view = Scored(source, model);
        var active = view.Schema.Where(c => c.Name != "Score").ToArray();
        using var cursor = view.GetRowCursor(active);
        var number = cursor.GetGetter<int>(view.Schema["Number"]);
        int rows = 0, which = 0;
        while (cursor.MoveNext())
        {
            number(ref which);
            Assert.AreEqual(rows++, which);
            Assert.AreEqual(which, cursor.Position);
        }
        Assert.AreEqual(50, rows);
        Assert.AreEqual(0, model.Opened);
        Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]));
    }

    [TestMethod]
    public void Any_subset_of_columns_can_be_active()
    {
        var source = TestRows.View(_context, 20);
        var view = Scored(source, new FakeModel(TestRows.Size));
        for (int subset = 0; subset < 1 << view.Schema.Count; subset++)
        {
            var active = view.Schema.Where(c => (subset >> c.Index & 1) == 1).ToArray();
            using var cursor = view.GetRowCursor(active);
            foreach (var column in view.Schema)
                Assert.AreEqual(active.Any(c => c.Index == column.Index), cursor.IsColumnActive(column));
            int rows = 0;
            while (cursor.MoveNext())
                rows++;
            Assert.AreEqual(20, rows);
        }
    }

    [TestMethod]
    public void A_shuffled_cursor_permutes_rows_and_keeps_each_score_with_its_row()
    {
        var levels = new TestLevels(TestModels.Mlp());
        using var transformer = TestRows.Transformer(_context, levels, new ElsaExecutionOptions { BatchSize = BatchSize });
        var view = transformer.Transform(_context.Data.Cache(TestRows.View(_context, 100)));
        Assert.IsTrue(view.CanShuffle);
        Assert.IsFalse(transformer.Transform(TestRows.View(_context, 100)).CanShuffle, "the source cannot");
        var inOrder = TestRows.Vectors(view);

        using var cursor = view.GetRowCursor(view.Schema, new Random(3));
        var shuffled = TestRows.Drain(cursor);

        CollectionAssert.AreNotEqual(Enumerable.Range(0, 100).ToArray(), shuffled.Select(r => r.Number).ToArray());
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 100).ToArray(), shuffled.Select(r => r.Number).ToArray());
        foreach (var (number, score) in shuffled)
            TestRows.Close(inOrder[number], score);
    }

    [TestMethod]
    public void A_parallel_cursor_set_covers_every_row_once()
    {
        var levels = new TestLevels(TestModels.Mlp());
        using var transformer = TestRows.Transformer(_context, levels, new ElsaExecutionOptions { BatchSize = BatchSize });
        var source = _context.Data.Cache(TestRows.View(_context, 5000));
        var view = transformer.Transform(source);
        var inOrder = TestRows.Vectors(view);

        var cursors = view.GetRowCursorSet(view.Schema, 3);
        var rows = new List<(int Number, float[] Score)>[cursors.Length];
        Parallel.For(0, cursors.Length, i => rows[i] = TestRows.Drain(cursors[i]));

        Assert.IsGreaterThan(1, cursors.Length);
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 5000).ToArray(), rows.SelectMany(r => r).Select(r => r.Number).ToArray());
        foreach (var (number, score) in rows.SelectMany(r => r))
            TestRows.Close(inOrder[number], score);
    }

    [TestMethod]
    public void Two_cursors_of_one_view_do_not_disturb_each_other()
    {
        var view = Scored(TestRows.View(_context, 30), new FakeModel(TestRows.Size));
        using var first = view.GetRowCursor(view.Schema);
        using var second = view.GetRowCursor(view.Schema);
        var firstScore = first.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        var secondScore = second.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        var rows = TestRows.Make(30);
        VBuffer<float> value = default;
        for (int i = 0; i < 5; i++)
            Assert.IsTrue(second.MoveNext());
        for (int i = 0; i + 4 < 30; i++)
        {
            Assert.IsTrue(first.MoveNext());
            firstScore(ref value);
            Assert.AreEqual(rows[i].Features.Sum(), value.GetValues()[0], 1e-5f);
            secondScore(ref value);
            Assert.AreEqual(rows[i + 4].Features.Sum(), value.GetValues()[0], 1e-5f);
            second.MoveNext();
        }
    }

    [TestMethod]
    public void An_error_of_the_source_comes_after_the_rows_before_it()
    {
        var source = _context.Data.LoadFromEnumerable(FailingAfter(11));
        var view = Scored(source, new FakeModel(TestRows.Size));
        using var cursor = view.GetRowCursor(view.Schema);
        var score = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        VBuffer<float> value = default;
        for (int i = 0; i < 11; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            score(ref value);
        }
        var error = Assert.ThrowsExactly<FormatException>(() => cursor.MoveNext());
        Assert.AreEqual("row 11 is torn", error.Message);
    }

    [TestMethod]
    public void A_getter_outside_the_rows_is_an_error()
    {
        var view = Scored(TestRows.View(_context, 1), new FakeModel(TestRows.Size));
        using var cursor = view.GetRowCursor(view.Schema);
        var score = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        VBuffer<float> value = default;
        var early = Assert.ThrowsExactly<InvalidOperationException>(() => score(ref value));
        Assert.AreEqual("The cursor is on no row: it has not started or has ended. Call MoveNext first.", early.Message);
        Assert.IsTrue(cursor.MoveNext());
        Assert.IsFalse(cursor.MoveNext());
        Assert.ThrowsExactly<InvalidOperationException>(() => score(ref value));
    }

    [TestMethod]
    public void A_getter_of_another_type_or_of_an_inactive_column_is_an_error()
    {
        var view = Scored(TestRows.View(_context, 1), new FakeModel(TestRows.Size));
        using var cursor = view.GetRowCursor([view.Schema["Score"]]);
        var type = Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<float>(view.Schema["Score"]));
        StringAssert.StartsWith(type.Message, "Column 'Score' holds Microsoft.ML.Data.VBuffer`1[System.Single], but a getter of System.Single");
        var inactive = Assert.ThrowsExactly<InvalidOperationException>(() => cursor.GetGetter<int>(view.Schema["Number"]));
        Assert.AreEqual("Column 'Number' is not active in this row. Ask for it when the cursor is made.", inactive.Message);
    }

    [TestMethod]
    public void Row_count_is_that_of_the_source_and_a_model_for_single_rows_still_scores_all()
    {
        var model = new FakeModel(TestRows.Size, capacity: 1);
        var view = Scored(TestRows.View(_context, 9), model);
        Assert.HasCount(9, TestRows.Vectors(view));
        Assert.AreEqual(9, model.Runs);
        Assert.AreEqual(TestRows.View(_context, 9).GetRowCount(), view.GetRowCount());
    }

    private ScoredDataView Scored(IDataView source, FakeModel model) => new(
        ((Microsoft.ML.Runtime.IHostEnvironment)_context).Register("test"), source, new ScoredSchema(source.Schema, new ScoringColumns("Score", "Features"), model), model,
        new ElsaExecutionOptions { BatchSize = BatchSize });

    private static IEnumerable<TestRows.Row> FailingAfter(int rows)
    {
        foreach (var row in TestRows.Make(rows))
            yield return row;
        throw new FormatException($"row {rows} is torn");
    }
}
