using Elsa.MLNet.Tests.Complaints;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;

namespace Elsa.MLNet.Tests.Saving;

/// <summary>What one process saves another one loads.</summary>
[TestClass]
public sealed class FreshProcessTests
{
    [TestMethod, Complaint("An estimator of one's own cannot tell its schema or be saved")]
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
        Assert.AreSequenceEqual(OneByOne(saved, model), engine);
        Assert.Contains("Elsa.MLNet", assemblies);
        Assert.DoesNotContain("Microsoft.ML.OnnxTransformer", assemblies);
    }

    [TestMethod]
    public void A_saved_cascade_scores_the_same_bits_in_such_a_process()
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain("s50");
        var (normalize, elsa) = (((IEnumerable<ITransformer>)chain).First(), ((ITransformer)chain).ElsaTransformers().Single());
        using var cascade = elsa.WithLevel(ElsaLevelPolicy.Cascade(threshold: 0, new() { Levels = ["s90", "s50", "dense"] }));
        var model = new TransformerChain<ITransformer>(normalize, cascade);
        var scored = model.Transform(saved.View);
        Assert.IsGreaterThan(1, scored.GetColumn<int>("LevelUsed").Distinct().Count(), "levels that answer");
        var (view, _, _) = ScoringProcess.Run("Plugin", saved.Save(model), saved.Rows);
        Assert.AreSequenceEqual(scored.GetColumn<float[]>("Score").SelectMany(row => row), view);
    }

    [TestMethod]
    public void A_portable_file_scores_in_a_process_that_has_only_MLNet()
    {
        using var saved = new SavedModels();
        StockScoresAsOurs(saved, "s50");
    }

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("mnist-burn-conv-bn.onnx", 28 * 28)]
    [DataRow("resnet20-cifar10.onnx", 3 * 32 * 32)]
    public void Every_level_of_a_public_network_goes_from_process_to_process(string network, int inputs)
    {
        using var saved = new SavedModels(ModelProto.Parser.ParseFromFile(Shared.Require("models/" + network)), inputs);
        foreach (var level in SavedModels.Levels)
        {
            using var chain = (IDisposable)saved.Chain(level);
            var (view, engine, _) = ScoringProcess.Run("Plugin", saved.Save((ITransformer)chain), saved.Rows);
            Assert.AreSequenceEqual(SaveAndLoadTests.Scores(saved, (ITransformer)chain), view);
            Assert.HasCount(view.Length, engine);
            StockScoresAsOurs(saved, level);
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

    static void StockScoresAsOurs(SavedModels saved, string level)
    {
        using var chain = (IDisposable)saved.Chain(level, new ElsaExecutionOptions { BatchSize = 1, SparseKernels = ElsaSparseKernels.Off });
        using var portable = (IDisposable)((ITransformer)chain).WithElsaSaveFormat(ElsaSaveFormat.Portable);
        var (view, engine, assemblies) = ScoringProcess.Run("Stock", saved.Save((ITransformer)portable), saved.Rows);
        // ML.NET scores row by row, so a batch of one is what its bits are compared with.
        Assert.AreSequenceEqual(SaveAndLoadTests.Scores(saved, (ITransformer)chain), view);
        Assert.AreSequenceEqual(view, engine);
        Assert.Contains("Microsoft.ML.OnnxTransformer", assemblies);
        Assert.DoesNotContain("Elsa.MLNet", assemblies);
    }

    static float[] OneByOne(SavedModels saved, ITransformer model)
    {
        var options = new PredictionEngineOptions { OwnsTransformer = false, InputSchemaDefinition = saved.RowDefinition };
        using var engine = saved.Context.Model.CreatePredictionEngine<SavedModels.Row, Copied>(model, options);
        return [.. saved.Rows.SelectMany(row => engine.Predict(new() { Features = row }).Copy)];
    }

    public sealed class Copied
    {
        public float[] Copy { get; set; } = [];
    }
}
