using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Saving;

/// <summary>Levels, execution and format of transformers inside a chain.</summary>
[TestClass]
public sealed class ModelExtensionsTests
{
    [TestMethod]
    public void A_changed_chain_leaves_the_given_one_as_it_was()
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain("dense");
        var expected = SaveAndLoadTests.Scores(saved, (ITransformer)chain);
        using (var sparse = (IDisposable)((ITransformer)chain).WithElsaLevel("s90"))
        {
            Assert.AreEqual(2, ((ITransformer)sparse).ElsaTransformers().Single().Level);
            Assert.AreSequenceEqual(["Features", "Scaled", "Score", "Copy"],
                ((ITransformer)sparse).GetOutputSchema(saved.View.Schema).Select(column => column.Name));
            Assert.IsFalse(expected.SequenceEqual(SaveAndLoadTests.Scores(saved, (ITransformer)sparse)));
        }
        Assert.AreEqual(0, ((ITransformer)chain).ElsaTransformers().Single().Level);
        Assert.AreSequenceEqual(expected, SaveAndLoadTests.Scores(saved, (ITransformer)chain));
    }

    [TestMethod]
    public void Transformers_are_found_in_chains_of_chains()
    {
        using var saved = new SavedModels();
        var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent, "s50").Fit(saved.View);
        using var chain = new TransformerChain<ITransformer>(new TransformerChain<ElsaTransformer>(elsa));
        Assert.AreSame(elsa, chain.ElsaTransformers().Single());
        using var dense = (IDisposable)chain.WithElsaLevel("dense");
        Assert.AreEqual(0, ((ITransformer)dense).ElsaTransformers().Single().Level);
    }

    [TestMethod]
    public void Scopes_of_a_chain_survive()
    {
        using var saved = new SavedModels();
        var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent, "s50").Fit(saved.View);
        var copy = saved.Context.Transforms.CopyColumns("Copy", "Features").Fit(saved.View);
        using var chain = new TransformerChain<ITransformer>([copy, elsa, copy], [TransformerScope.Testing, TransformerScope.Everything, TransformerScope.Training]);
        using var changed = (TransformerChain<ITransformer>)chain.WithElsaLevel("dense");
        Assert.HasCount(3, changed);
        Assert.HasCount(2, changed.GetModelFor(TransformerScope.Testing));
        Assert.HasCount(2, changed.GetModelFor(TransformerScope.Training));
        Assert.HasCount(1, changed.GetModelFor(TransformerScope.Scoring));
        Assert.AreSame(copy, changed.GetModelFor(TransformerScope.Testing).First());
        Assert.AreSame(copy, changed.GetModelFor(TransformerScope.Training).Last());
    }

    [TestMethod]
    public void Execution_of_a_loaded_model_is_set_anew()
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain("s50");
        using var loaded = (IDisposable)saved.Context.Model.Load(saved.Save((ITransformer)chain), out _);
        using var stop = new CancellationTokenSource();
        using var stoppable = (IDisposable)((ITransformer)loaded).WithElsaExecution(new ElsaExecutionOptions { CancellationToken = stop.Token });
        Assert.AreSequenceEqual(SaveAndLoadTests.Scores(saved, (ITransformer)loaded), SaveAndLoadTests.Scores(saved, (ITransformer)stoppable));
        stop.Cancel();
        var error = Assert.Throws<Exception>(() => SaveAndLoadTests.Scores(saved, (ITransformer)stoppable));
        Assert.IsInstanceOfType<OperationCanceledException>(error.GetBaseException());
        Assert.HasCount(60, SaveAndLoadTests.Scores(saved, (ITransformer)loaded));
    }

    [TestMethod]
    public void A_transformer_executed_otherwise_lives_longer_than_the_one_it_came_from()
    {
        using var saved = new SavedModels();
        var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent, "s50").Fit(saved.View);
        var expected = SaveAndLoadTests.Scores(saved, elsa);
        using var other = elsa.WithExecution(new ElsaExecutionOptions { BatchSize = 20 });
        elsa.Dispose();
        Assert.AreEqual(1, other.Level);
        Assert.AreSequenceEqual(expected, SaveAndLoadTests.Scores(saved, other));
        Assert.ThrowsExactly<ObjectDisposedException>(() => elsa.WithExecution(new ElsaExecutionOptions()));
        Assert.ThrowsExactly<ObjectDisposedException>(() => elsa.WithSaveFormat(ElsaSaveFormat.Portable));
    }

    [TestMethod]
    public void What_cannot_be_changed_is_an_error()
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain("s50");
        var model = (ITransformer)chain;
        Assert.StartsWith("There is no level 's70'. The levels are dense, s50, s90.", Assert.ThrowsExactly<ArgumentException>(() => model.WithElsaLevel("s70")).Message);
        Assert.StartsWith("There is no format 7. Choose Native or Portable.", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.WithElsaSaveFormat((ElsaSaveFormat)7)).Message);
        Assert.StartsWith("Execution provider 'none' is not available.", Assert.ThrowsExactly<ArgumentException>(() => model.WithElsaExecution(new ElsaExecutionOptions { Provider = "none" })).Message);
        var other = saved.Context.Transforms.CopyColumns("Copy", "Features").Fit(saved.View);
        Assert.IsEmpty(other.ElsaTransformers());
        Assert.StartsWith("There is no ElsaTransformer in the model", Assert.ThrowsExactly<ArgumentException>(() => other.WithElsaLevel("s50")).Message);
    }
}
