using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Saving;
using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Saving;

/// <summary>A model file that is not what was saved is told so, and never scores otherwise. ML.NET calls loaders by reflection,
/// so the error is the innermost of those it throws, and is looked for there in every test.</summary>
[TestClass]
public sealed partial class DamagedFileTests
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
        Assert.StartsWith($"WeightsChanged: Entry '{Where}Parent.onnx' of the model file is damaged; take the file anew from its source. The weights of 'w1'", error.Message);
    }

    [TestMethod]
    public void A_parent_that_is_cut_is_no_ONNX_model()
    {
        using var saved = new SavedModels();
        var error = Load<ParentFormatException>(saved, saved.SaveChanged("Parent.onnx", bytes => bytes[..(bytes.Length / 2)]));
        Assert.AreEqual(ParentFormatError.NotOnnx, error.Error);
        Assert.StartsWith($"NotOnnx: Entry '{Where}Parent.onnx' of the model file is damaged; take the file anew from its source. The bytes are not an ONNX model: ", error.Message);
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
    [DataRow(0, "Unknown file type")]
    [DataRow(12, "too new")]
    public void A_model_key_that_is_changed_or_of_a_later_version_is_named_with_the_version_to_use(int place, string reason)
    {
        using var saved = new SavedModels();
        // The signature, the version that wrote and the one that is needed to read.
        var error = Load<InvalidDataException>(saved, saved.SaveChanged("Transform_001/Model.key", bytes =>
        {
            bytes[bytes.AsSpan().IndexOf("ELSALVLS"u8) + place] += 16;
            if (place > 0) bytes[bytes.AsSpan().IndexOf("ELSALVLS"u8) + place - 4] += 16;
            return bytes;
        }));
        Assert.StartsWith($"Entry '{Where}Model.key' of the model file is damaged, or of a version of Elsa.MLNet that this one, ", error.Message);
        Assert.Contains("Take the file anew from its source, or load it with the version that saved it. ML.NET says: ", error.Message);
        Assert.Contains(reason, error.Message);
    }

    [TestMethod]
    public void An_entry_that_cannot_be_unpacked_is_named()
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() =>
            SavedTransformer.Read(new MLContext(), "here", [], _ => throw new InvalidDataException("It is squeezed.")));
        Assert.AreEqual("Entry 'here/Elsa.json' of the model file cannot be read: It is squeezed. Take the file anew from its source.", error.Message);
    }

    [TestMethod]
    [DataRow("Parent.onnx")]
    [DataRow("Elsa.json")]
    public void An_entry_that_is_cut_anywhere_is_named_with_what_to_do(string entry)
    {
        using var saved = new SavedModels();
        for (var part = 0; part < 20; part++)
        {
            var path = saved.SaveChanged(entry, bytes => bytes[..(bytes.Length * part / 20)]);
            var error = Assert.Throws<Exception>(() => saved.Context.Model.Load(path, out _)).GetBaseException();
            Assert.IsTrue(IsOurs(error), $"{error}");
            Assert.Contains($"'{Where}{entry}'", error.Message);
        }
    }

    [TestMethod]
    public void A_file_that_is_cut_anywhere_is_refused_before_it_comes_to_us()
    {
        using var saved = new SavedModels();
        using var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent).Fit(saved.View);
        var whole = File.ReadAllBytes(saved.Save(elsa));
        for (var length = 0; length < whole.Length; length += 25)
        {
            File.WriteAllBytes(saved.PathOf("cut.zip"), whole[..length]);
            var error = Assert.Throws<Exception>(() => saved.Context.Model.Load(saved.PathOf("cut.zip"), out _)).GetBaseException();
            // A zip's directory is at its end, so without the end it is no zip; and ML.NET does not open an empty file.
            if (length == 0) Assert.IsInstanceOfType<IOException>(error);
            else Assert.IsExactInstanceOfType<InvalidDataException>(error, $"{length} bytes");
            Assert.IsFalse(WasReached(error), $"{error}");
        }
    }

    [TestMethod]
    public void A_swapped_byte_anywhere_is_a_clear_error_or_changes_no_score() => SwapBytes(step: 5);

    [TestMethod]
    [TestCategory("Slow")]
    public void Each_swapped_byte_is_a_clear_error_or_changes_no_score() => SwapBytes(step: 1);

    static void SwapBytes(int step)
    {
        using var saved = new SavedModels();
        using var elsa = saved.Context.Transforms.ApplyElsaModel("Score", "Features", saved.Parent, "s50").Fit(saved.View);
        var expected = SaveAndLoadTests.Scores(saved, elsa);
        var whole = File.ReadAllBytes(saved.Save(elsa));
        // ML.NET writes the schema last and reads it by itself; some of its bytes, swapped, keep it busy for minutes.
        var (schema, directory) = (whole.AsSpan().IndexOf("Schema"u8), whole.AsSpan().IndexOf("PK\u0001\u0002"u8));
        Assert.IsLessThan(directory, schema);
        var (random, reached) = (new Random(3), 0);
        for (var at = 0; at < whole.Length; at += step)
        {
            if (at >= schema && at < directory) continue;
            var bytes = whole.ToArray();
            bytes[at] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(saved.PathOf("swapped.zip"), bytes);
            ITransformer loaded;
            try
            {
                loaded = saved.Context.Model.Load(saved.PathOf("swapped.zip"), out _);
            }
            catch (Exception error)
            {
                var cause = error.GetBaseException();
                if (WasReached(cause)) reached++;
                Assert.IsTrue(WasReached(cause) ? IsOurs(cause) : IsOfMLNet(cause), $"Byte {at}: {error}");
                continue;
            }
            using ((IDisposable)loaded) Assert.AreSequenceEqual(expected, SaveAndLoadTests.Scores(saved, loaded));
        }
        Assert.IsGreaterThan(whole.Length / step / 2, reached, "Most bytes are in entries of ours.");
    }

    /// <summary>Whether it came from our loader or beyond, and not from what ML.NET does before and after.</summary>
    static bool WasReached(Exception error) => error.StackTrace!.Contains($"{typeof(SavedTransformer).Namespace}.", StringComparison.Ordinal);

    /// <summary>Of an expected type; it names the entry and says what to do.</summary>
    static bool IsOurs(Exception error) => error is InvalidDataException or ParentFormatException
        && OurEntries().IsMatch(error.Message) && Advice().IsMatch(error.Message);

    /// <summary>
    /// What is thrown before our loader is called or after it is done, so that we cannot word it: of a zip that is damaged
    /// outside its entries (InvalidDataException); of ML.NET's version and of the headers of Model.key, in which our
    /// assembly is named, that is then looked for in vain (the others).
    /// </summary>
    static bool IsOfMLNet(Exception error) =>
        error is InvalidDataException or FormatException or InvalidOperationException or IOException;

    [GeneratedRegex("'TransformerChain/(Transform_001/)?(Parent.onnx|Elsa.json|Model.key)'")]
    private static partial Regex OurEntries();

    [GeneratedRegex("[Tt]ake (the file|it) anew from its source")]
    private static partial Regex Advice();

    static TException Load<TException>(SavedModels saved, string path)
        where TException : Exception
    {
        var error = Assert.Throws<Exception>(() => saved.Context.Model.Load(path, out _)).GetBaseException();
        Assert.IsInstanceOfType<TException>(error);
        return (TException)error;
    }
}
