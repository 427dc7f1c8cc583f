using System.Security.Cryptography;
using System.Text;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Saving;
using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Saving;

/// <summary>A model file that is not what was saved is told so, and never scores otherwise. ML.NET calls loaders by reflection,
/// so the error is the innermost of those it throws, and is looked for there in every test.</summary>
[TestClass]
public sealed class DamagedFileTests
{
    const string Where = "TransformerChain/Transform_001/";

    [TestMethod]
    [DataRow("Parent.onnx")]
    [DataRow("Elsa.json")]
    public void The_base_exception_of_a_missing_entry_names_it(string entry)
    {
        using var saved = new SavedModels();
        var error = Load<InvalidDataException>(saved, saved.SaveChanged(entry, _ => null));
        Assert.AreEqual($"The model file has no entry '{Where}{entry}', which an ElsaTransformer needs. The file is damaged; take it anew from its source.", error.Message);
    }

    [TestMethod]
    public void The_base_exception_of_a_swapped_weight_names_it()
    {
        using var saved = new SavedModels();
        var weights = SmallNetwork.Make(normalized: true).Graph.Initializer.Single(tensor => tensor.Name == "w1").RawData.ToByteArray();
        var error = Load<ParentFormatException>(saved, saved.SaveChanged("Parent.onnx", bytes =>
        {
            bytes[bytes.AsSpan().IndexOf(weights) + 40] ^= 1;
            return bytes;
        }));
        Assert.AreEqual(ParentFormatError.WeightsChanged, error.Error);
        Assert.AreEqual("w1", error.Finding.Where);
        Assert.StartsWith($"WeightsChanged: Entry '{Where}Parent.onnx' of the model file is damaged. The weights of 'w1'", error.Message);
    }

    [TestMethod]
    public void A_parent_that_is_cut_is_no_ONNX_model()
    {
        using var saved = new SavedModels();
        var error = Load<ParentFormatException>(saved, saved.SaveChanged("Parent.onnx", bytes => bytes[..(bytes.Length / 2)]));
        Assert.AreEqual(ParentFormatError.NotOnnx, error.Error);
        Assert.StartsWith($"NotOnnx: Entry '{Where}Parent.onnx' of the model file is damaged. The bytes are not an ONNX model: ", error.Message);
    }

    [TestMethod]
    public void Another_parent_is_noticed()
    {
        using var saved = new SavedModels();
        using var other = new SavedModels(SmallNetwork.Make(normalized: true, seed: 5));
        var error = Load<InvalidDataException>(saved, saved.SaveChanged("Parent.onnx", _ => other.Parent.ToBytes()));
        Assert.StartsWith($"Entry '{Where}Parent.onnx' of the model file holds a parent, but not the one that was saved", error.Message);
    }

    [TestMethod]
    public void Changed_settings_are_noticed()
    {
        using var saved = new SavedModels();
        var error = Load<InvalidDataException>(saved, saved.SaveChanged("Elsa.json", bytes =>
            Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("s50", "s90"))));
        Assert.StartsWith($"Entry '{Where}Elsa.json' of the model file is not the one that was saved", error.Message);
    }

    [TestMethod]
    [DataRow("\"s50\"", "\"s70\"", "does not fit the parent beside it: There is no level 's70'")]
    [DataRow("\"x\"", "\"z\"", "does not fit the parent beside it: The model has no input 'z'")]
    [DataRow("\"level\"", "\"policy\"", "is of a form that this version does not know")]
    [DataRow("\"outputs\": [", "\"outputs\": [ { \"column\": \"more\", \"onnx\": \"y\" },", "does not fit the parent beside it: The output 'y' is named 2 times.")]
    public void Settings_of_another_version_are_refused(string text, string other, string message)
    {
        using var saved = new SavedModels();
        using var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent, "s50").Fit(saved.View);
        var entries = new SavedTransformer(elsa).Entries.ToDictionary(entry => entry.Name, entry => entry.Content);
        var settings = entries["Elsa.json"] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(entries["Elsa.json"]).Replace(text, other));
        var error = Assert.ThrowsExactly<InvalidDataException>(() =>
            SavedTransformer.Read(saved.Context, "here", SHA256.HashData(settings), entries.GetValueOrDefault));
        Assert.StartsWith($"Entry 'here/Elsa.json' of the model file {message}", error.Message);
        Assert.EndsWith("Load the file with the version of Elsa.MLNet that saved it.", error.Message);
    }

    [TestMethod]
    public void A_cut_file_never_loads()
    {
        using var saved = new SavedModels();
        using var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent).Fit(saved.View);
        var whole = File.ReadAllBytes(saved.Save(elsa));
        for (var part = 0; part < 20; part++)
        {
            File.WriteAllBytes(saved.PathOf("cut.zip"), whole[..(whole.Length * part / 20)]);
            Assert.Throws<Exception>(() => saved.Context.Model.Load(saved.PathOf("cut.zip"), out _));
        }
    }

    [TestMethod]
    public void A_swapped_byte_anywhere_is_an_error_or_changes_no_score()
    {
        using var saved = new SavedModels();
        using var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent, "s50").Fit(saved.View);
        var expected = SaveAndLoadTests.Scores(saved, elsa);
        var whole = File.ReadAllBytes(saved.Save(elsa));
        var (random, refused) = (new Random(3), 0);
        for (var round = 0; round < 150; round++)
        {
            var bytes = whole.ToArray();
            bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(saved.PathOf("swapped.zip"), bytes);
            float[] scores;
            try
            {
                using var loaded = (IDisposable)saved.Context.Model.Load(saved.PathOf("swapped.zip"), out _);
                scores = SaveAndLoadTests.Scores(saved, (ITransformer)loaded);
            }
            catch (Exception error) when (error is not AssertFailedException)
            {
                refused++;
                continue;
            }
            Assert.AreSequenceEqual(expected, scores);
        }
        Assert.IsGreaterThan(75, refused);
    }

    static TException Load<TException>(SavedModels saved, string path)
        where TException : Exception
    {
        var error = Assert.Throws<Exception>(() => saved.Context.Model.Load(path, out _)).GetBaseException();
        Assert.IsInstanceOfType<TException>(error);
        return (TException)error;
    }
}
