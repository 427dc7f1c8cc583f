using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Saving;

/// <summary>What one process saves another one loads.</summary>
[TestClass]
public sealed class FreshProcessTests
{
    [TestMethod]
    [DataRow("dense")]
    [DataRow("s50")]
    [DataRow("s90")]
    public void A_saved_level_scores_the_same_bits_in_a_process_that_only_references_the_package(string level)
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain(level);
        var model = (ITransformer)chain;
        float[] expected = [.. model.Transform(saved.View).GetColumn<float[]>("Copy").SelectMany(row => row)];
        var (view, engine, assemblies) = ScoringProcess.Run("Plugin", saved.Save(model), saved.Rows, "Copy");
        Assert.AreSequenceEqual(expected, view);
        using var one = saved.Context.Model.CreatePredictionEngine<Fitting.SmallNetwork.Row, Copied>(model, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.AreSequenceEqual([.. saved.Rows.SelectMany(row => one.Predict(new() { Features = row }).Copy)], engine);
        Assert.Contains("Elsa.MLNet", assemblies);
        Assert.DoesNotContain("Microsoft.ML.OnnxTransformer", assemblies);
    }

    [TestMethod]
    public void A_portable_file_scores_in_a_process_that_has_only_MLNet()
    {
        using var saved = new SavedModels();
        foreach (var level in SavedModels.Levels)
        {
            using var chain = (IDisposable)saved.Chain(level);
            using var portable = (IDisposable)((ITransformer)chain).WithElsaSaveFormat(ElsaSaveFormat.Portable);
            var (view, engine, assemblies) = ScoringProcess.Run("Stock", saved.Save((ITransformer)portable), saved.Rows);
            Assert.AreSequenceEqual(view, engine);
            // ML.NET scores row by row, so a batch of one is what its bits are compared with.
            using var alone = (IDisposable)((ITransformer)chain).WithElsaExecution(new ElsaExecutionOptions { BatchSize = 1 });
            Assert.AreSequenceEqual([.. ((ITransformer)alone).Transform(saved.View).GetColumn<float[]>("Score").SelectMany(row => row)], view);
            Assert.Contains("Microsoft.ML.OnnxTransformer", assemblies);
            Assert.DoesNotContain("Elsa.MLNet", assemblies);
        }
    }

    [TestMethod]
    public void A_native_file_without_the_package_says_what_is_missing()
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain("s50");
        var (exitCode, _, error) = ScoringProcess.Start("Stock", saved.Save((ITransformer)chain), "", "", "");
        Assert.AreNotEqual(0, exitCode);
        Assert.Contains("Could not load file or assembly 'Elsa.MLNet", error);
    }

    public sealed class Copied
    {
        public float[] Copy { get; set; } = [];
    }
}
