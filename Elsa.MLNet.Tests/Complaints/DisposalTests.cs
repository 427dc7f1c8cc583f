using Elsa.MLNet.Tests.Data;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Complaints;

/// <summary>Who frees a transformer, and what happens to those that use it afterwards.</summary>
[TestClass]
public sealed class DisposalTests
{
    static readonly TestRows.Row Row = TestRows.Make(1)[0];

    readonly MLContext _context = new(1);

    [TestMethod, Complaint("Use after Dispose")]
    public void Use_after_Dispose_of_a_transformer_is_an_ObjectDisposedException_for_transform_cursor_and_engine()
    {
        var transformer = Transformer();
        var view = transformer.Transform(TestRows.View(_context, 1_000));
        using var cursor = view.GetRowCursor(view.Schema);
        var score = cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]);
        VBuffer<float> value = default;
        Assert.IsTrue(cursor.MoveNext());
        score(ref value);
        using var engine = Engine(transformer, owns: false);
        engine.Predict(Row);

        transformer.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => transformer.Transform(TestRows.View(_context, 1)));
        Assert.ThrowsExactly<ObjectDisposedException>(() => view.GetRowCursor(view.Schema).MoveNext());
        Assert.ThrowsExactly<ObjectDisposedException>(() =>
        {
            while (cursor.MoveNext()) score(ref value);
        });
        Assert.ThrowsExactly<ObjectDisposedException>(() => engine.Predict(Row));
        Assert.ThrowsExactly<ObjectDisposedException>(() => Engine(transformer, owns: false));
    }

    [TestMethod, Complaint("Use after Dispose")]
    public void Use_after_Dispose_of_a_chain_is_the_base_exception_where_ML_NET_reads_in_parallel()
    {
        var rows = _context.Data.Cache(TestRows.View(_context, 5_000));
        var chain = _context.Transforms.ApplyElsaModel("Score", "Features", TestParents.Of(TestModels.Mlp()))
            .Append(_context.Transforms.CopyColumns("Copy", "Score")).Fit(rows);
        var view = chain.Transform(rows);
        Assert.AreEqual(5_000, view.GetColumn<float[]>("Copy").Count());
        chain.Dispose();
        var error = Assert.Throws<Exception>(() => view.GetColumn<float[]>("Copy").Count());
        Assert.IsInstanceOfType<ObjectDisposedException>(error.GetBaseException());
    }

    [TestMethod, Complaint("PredictionEngine.Dispose takes the transformer with it, or does not")]
    public void PredictionEngine_Dispose_frees_the_transformer_that_it_owns_by_default()
    {
        var transformer = Transformer();
        var engine = _context.Model.CreatePredictionEngine<TestRows.Row, TestRows.Prediction>(transformer);
        Assert.HasCount(3, engine.Predict(Row).Score);
        engine.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => transformer.Transform(TestRows.View(_context, 1)));
        Assert.ThrowsExactly<ObjectDisposedException>(() => engine.Predict(Row));
    }

    [TestMethod, Complaint("PredictionEngine.Dispose takes the transformer with it, or does not")]
    public void PredictionEngine_Dispose_leaves_a_transformer_that_it_does_not_own()
    {
        using var transformer = Transformer();
        float[] first;
        using (var engine = Engine(transformer, owns: false)) first = engine.Predict(Row).Score;
        using var second = Engine(transformer, owns: false);
        Assert.AreSequenceEqual(first, second.Predict(Row).Score);
        Assert.HasCount(5, TestRows.Vectors(transformer.Transform(TestRows.View(_context, 5))));
    }

    [TestMethod, Complaint("PredictionEngine.Dispose takes the transformer with it, or does not")]
    public void PredictionEngine_Dispose_of_one_level_leaves_the_others()
    {
        var levels = new TestLevels(TestModels.Mlp(seed: 1), TestModels.Mlp(seed: 50));
        using var dense = TestRows.Transformer(_context, levels);
        using (var engine = Engine(dense.WithLevel(1), owns: true)) engine.Predict(Row);
        using var sparse = dense.WithLevel(1);
        Assert.HasCount(5, TestRows.Vectors(sparse.Transform(TestRows.View(_context, 5))));
    }

    ElsaTransformer Transformer() => TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()));

    PredictionEngine<TestRows.Row, TestRows.Prediction> Engine(ITransformer transformer, bool owns) =>
        _context.Model.CreatePredictionEngine<TestRows.Row, TestRows.Prediction>(
            transformer, new PredictionEngineOptions { OwnsTransformer = owns });
}
