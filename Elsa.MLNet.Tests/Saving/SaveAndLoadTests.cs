using System.IO.Compression;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Saving;

[TestClass]
public sealed class SaveAndLoadTests
{
    [TestMethod]
    public void Every_level_the_chosen_one_the_columns_and_the_manifest_come_back()
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain("s50");
        using var loaded = (IDisposable)new MLContext().Model.Load(saved.Save((ITransformer)chain), out var schema);
        var elsa = ((ITransformer)loaded).ElsaTransformers().Single();
        Assert.AreEqual(1, elsa.Level);
        Assert.AreEqual(ElsaSaveFormat.Native, elsa.SaveFormat);
        Assert.AreEqual("Score", elsa.Columns.Outputs.Single().ColumnName);
        Assert.AreEqual("Scaled", elsa.Columns.Inputs.Single().ColumnName);
        Assert.AreSequenceEqual(SavedModels.Levels, elsa.Levels.Select(level => level.Name));
        Assert.AreSequenceEqual(saved.Parent.ToBytes(), elsa.Parent.ToBytes());
        Assert.AreEqual(7, elsa.Parent.Fit.Seed);
        Assert.AreSequenceEqual(saved.View.Schema.Select(column => column.Name), schema.Select(column => column.Name));
        foreach (var level in SavedModels.Levels)
        {
            using var before = (IDisposable)((ITransformer)chain).WithElsaLevel(level);
            using var after = (IDisposable)((ITransformer)loaded).WithElsaLevel(level);
            Assert.AreSequenceEqual(Scores(saved, (ITransformer)before), Scores(saved, (ITransformer)after));
        }
    }

    [TestMethod]
    public void A_loaded_model_can_be_saved_again_with_the_same_bytes()
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain("s90");
        var first = saved.Save((ITransformer)chain);
        using var loaded = (IDisposable)saved.Context.Model.Load(first, out _);
        var second = saved.Save((ITransformer)loaded, "again.zip");
        Assert.AreSequenceEqual(Contents(first), Contents(second));
    }

    [TestMethod]
    public void What_belongs_to_a_machine_is_not_in_the_file()
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain("s50", new ElsaExecutionOptions { BatchSize = 7, IntraOpNumThreads = 1, InterOpNumThreads = 1 });
        using var plain = (IDisposable)saved.Chain("s50");
        Assert.AreSequenceEqual(Contents(saved.Save((ITransformer)plain, "a.zip")), Contents(saved.Save((ITransformer)chain, "b.zip")));
    }

    [TestMethod]
    public void A_transformer_without_a_chain_comes_back_as_itself()
    {
        using var saved = new SavedModels();
        using var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent, "s90").Fit(saved.View);
        using var loaded = (ElsaTransformer)saved.Context.Model.Load(saved.Save(elsa), out _);
        Assert.AreSequenceEqual(Scores(saved, elsa), Scores(saved, loaded));
        Assert.AreEqual("s90", loaded.Levels[loaded.Level].Name);
    }

    [TestMethod]
    public void The_chosen_output_of_the_model_comes_back()
    {
        var dense = TestModels.Model([("x", ["N", SmallNetwork.Inputs])], [("first", ["N", 2]), ("second", ["N", 2])], DataType.Float,
            [TestModels.Node("MatMul", ["x", "w1"], "first"), TestModels.Node("MatMul", ["x", "w2"], "second")],
            [TestModels.Random("w1", DataType.Float, 1, SmallNetwork.Inputs, 2), TestModels.Random("w2", DataType.Float, 2, SmallNetwork.Inputs, 2)]);
        using var saved = new SavedModels(dense);
        using var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent, onnxOutputName: "second").Fit(saved.View);
        using var loaded = (ElsaTransformer)saved.Context.Model.Load(saved.Save(elsa), out _);
        Assert.AreEqual("second", loaded.Signature.Output.Name);
        Assert.AreSequenceEqual(Scores(saved, elsa), Scores(saved, loaded));
    }

    [TestMethod]
    public void The_parent_is_an_ONNX_file_in_the_zip()
    {
        using var saved = new SavedModels();
        using var chain = (IDisposable)saved.Chain("s50");
        using var zip = ZipFile.OpenRead(saved.Save((ITransformer)chain));
        zip.Entries.Single(entry => entry.Name == "Parent.onnx").ExtractToFile(saved.PathOf("taken.onnx"));
        Assert.AreSequenceEqual(saved.Parent.ToBytes(), ParentModel.Read(saved.PathOf("taken.onnx")).ToBytes());
    }

    [TestMethod]
    public void A_disposed_transformer_is_not_saved()
    {
        using var saved = new SavedModels();
        var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent).Fit(saved.View);
        elsa.Dispose();
        var error = Assert.Throws<Exception>(() => saved.Save(elsa));
        Assert.IsInstanceOfType<ObjectDisposedException>(error.GetBaseException());
    }

    internal static float[] Scores(SavedModels saved, ITransformer model) =>
        [.. model.Transform(saved.View).GetColumn<float[]>("Score").SelectMany(row => row)];

    static string[] Contents(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        return [.. zip.Entries.Where(entry => entry.FullName.Contains("Transform")).Select(entry =>
        {
            using var stream = entry.Open();
            return entry.FullName + " " + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(stream));
        })];
    }
}
