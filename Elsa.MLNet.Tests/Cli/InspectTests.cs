using System.IO.Compression;
using System.Text.Json;
using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Tests.Cli;

[TestClass]
public sealed class InspectTests
{
    const string LongName = "a rather long name of a convolution's weight tensor/which no table may cut";

    [TestMethod]
    public void Inspect_shows_levels_tensors_sizes_and_fit_without_colour_and_without_cutting_names()
    {
        using var parent = new SmallParent();
        var run = CliRun.Of("inspect", parent.File).Expect(0);
        foreach (var part in new[] { "dense", "s50", "s90", "accuracy", "0.985", LongName, "[16,1,3,3]", "float32", "Gemm", "post-training", "fc.bias" })
            Assert.Contains(part, run.Output);
        Assert.DoesNotContain("\u001b", run.Output);
        Assert.DoesNotContain("…", run.Output);
        Assert.AreEqual("", run.Error);
    }

    [TestMethod]
    public void The_json_of_inspect_has_the_documented_fields()
    {
        using var parent = new SmallParent();
        var json = CliRun.Of("inspect", parent.File, "--json").Expect(0).Json();
        Assert.AreEqual("formatVersion command outcome problem findings file sourceSha256 levels tensors sizes sideParameters fit", CliRun.Fields(json));
        Assert.AreEqual("index name sparsity keptWeights sha256 metrics extracted", CliRun.Fields(json.GetProperty("levels")[0]));
        Assert.AreEqual("name shape elementType operatorType nodeName weightCount keptWeights levelMapBytes", CliRun.Fields(json.GetProperty("tensors")[0]));
        Assert.AreEqual("fileBytes externalDataBytes denseBytes manifestBytes levelMapBytes sideParameterBytes overheadBytes overheadShare", CliRun.Fields(json.GetProperty("sizes")));
        Assert.AreEqual("method importance allocation sideParameters seed training trainingRows calibrationRows evaluationRows versions", CliRun.Fields(json.GetProperty("fit")));
        Assert.AreEqual(1, json.GetProperty("formatVersion").GetInt32());
        Assert.AreEqual("inspect", json.GetProperty("command").GetString());
        Assert.AreEqual("success", json.GetProperty("outcome").GetString());
        Assert.AreEqual(JsonValueKind.Null, json.GetProperty("problem").ValueKind);
        Assert.AreEqual(JsonValueKind.Null, json.GetProperty("levels")[0].GetProperty("extracted").ValueKind);
    }

    [TestMethod]
    public void Inspect_says_what_the_parent_says()
    {
        using var parent = new SmallParent();
        var json = CliRun.Of("inspect", parent.File, "--json").Expect(0).Json();
        var level = json.GetProperty("levels")[2];
        Assert.AreEqual("s90", level.GetProperty("name").GetString());
        Assert.AreEqual(parent.Model.Levels[2].Sparsity, level.GetProperty("sparsity").GetDouble());
        Assert.AreEqual(parent.Model.Levels[2].KeptWeights, level.GetProperty("keptWeights").GetInt64());
        Assert.AreEqual(0.97, level.GetProperty("metrics").GetProperty("accuracy").GetDouble());
        var kept = json.GetProperty("tensors").EnumerateArray().Sum(tensor => tensor.GetProperty("keptWeights")[2].GetInt64());
        Assert.AreEqual(parent.Model.Levels[2].KeptWeights, kept);
    }

    [TestMethod]
    public void Inspect_shows_how_weights_were_trained()
    {
        var trained = new ElsaFit
        {
            Method = "partial-weight-freezing",
            Importance = "magnitude",
            Allocation = "global",
            Training = new SortedDictionary<string, string> { ["epochs"] = "3", ["loss"] = "cross-entropy" },
            TrainingRows = 48_000,
        };
        using var parent = new SmallParent(trained);
        var output = CliRun.Of("inspect", parent.File).Expect(0).Output;
        foreach (var line in new[] { "Method +partial-weight-freezing", "Training: epochs +3", "Training: loss +cross-entropy", "Training rows +48,000" })
            Assert.MatchesRegex(line, output);
        var fit = CliRun.Of("inspect", parent.File, "--json").Expect(0).Json().GetProperty("fit");
        Assert.AreEqual("partial-weight-freezing", fit.GetProperty("method").GetString());
        Assert.AreEqual("cross-entropy", fit.GetProperty("training").GetProperty("loss").GetString());
        Assert.AreEqual(48_000, fit.GetProperty("trainingRows").GetInt64());
    }

    [TestMethod]
    public void Control_characters_of_a_file_do_not_reach_the_terminal()
    {
        const string Hostile = "\u001B]0;title\u0007\u009B31m\nrow";
        using var parent = new SmallParent(new ElsaFit { Method = Hostile, Importance = "magnitude", Allocation = "global" });
        var metrics = new SortedDictionary<string, double> { [Hostile] = 1 };
        parent.Model.WithMetrics([metrics, metrics, metrics]).Write(parent.File, overwrite: true);
        var shown = CliRun.Of("inspect", parent.File).Expect(0).Output;
        Assert.IsFalse(shown.Any(letter => char.IsControl(letter) && !Environment.NewLine.Contains(letter)));
        Assert.HasCount(2, shown.Split("\uFFFD]0;title\uFFFD\uFFFD31m\uFFFDrow")[1..]);
        Assert.AreEqual(Hostile, CliRun.Of("inspect", parent.File, "--json").Expect(0).Json().GetProperty("fit").GetProperty("method").GetString());

        var model = ModelProto.Parser.ParseFromFile(parent.File);
        model.MetadataProps.Add(new StringStringEntryProto { Key = "elsa." + Hostile });
        model.WriteToFile(parent.File);
        var error = CliRun.Of("inspect", parent.File).Expect(1).Error;
        Assert.IsFalse(error.TrimEnd().Any(char.IsControl), error);
    }

    [TestMethod]
    public void The_json_of_a_parent_without_training_says_so()
    {
        using var parent = new SmallParent();
        var fit = CliRun.Of("inspect", parent.File, "--json").Expect(0).Json().GetProperty("fit");
        Assert.AreEqual(JsonValueKind.Null, fit.GetProperty("training").ValueKind);
        Assert.AreEqual(0, fit.GetProperty("trainingRows").GetInt64());
    }

    [TestMethod]
    public void The_sizes_add_up_to_the_file_and_the_dense_part_is_the_dense_model()
    {
        using var parent = new SmallParent();
        var sizes = CliRun.Of("inspect", parent.File, "--json").Expect(0).Json().GetProperty("sizes");
        long Bytes(string name) => sizes.GetProperty(name).GetInt64();
        Assert.AreEqual(new FileInfo(parent.File).Length, Bytes("fileBytes"));
        Assert.AreEqual(parent.Dense.CalculateSize(), Bytes("denseBytes"));
        Assert.AreEqual(Bytes("fileBytes"), Bytes("denseBytes") + Bytes("overheadBytes"));
        Assert.AreEqual(Bytes("overheadBytes"), Bytes("manifestBytes") + Bytes("levelMapBytes") + Bytes("sideParameterBytes"));
        Assert.AreEqual((double)Bytes("overheadBytes") / Bytes("denseBytes"), sizes.GetProperty("overheadShare").GetDouble());
    }

    [TestMethod]
    public void With_sizes_every_level_has_the_size_of_its_extracted_file_as_is_and_gzipped()
    {
        using var parent = new SmallParent();
        var levels = CliRun.Of("inspect", parent.File, "--json", "--sizes").Expect(0).Json().GetProperty("levels");
        foreach (var level in levels.EnumerateArray())
        {
            var file = File.ReadAllBytes(parent.Extract(level.GetProperty("name").GetString()!));
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(file);
            Assert.AreEqual(file.Length, level.GetProperty("extracted").GetProperty("bytes").GetInt64());
            Assert.AreEqual(packed.Length, level.GetProperty("extracted").GetProperty("gzipBytes").GetInt64(), 64);
        }
        Assert.Contains("gzipped bytes", CliRun.Of("inspect", parent.File, "--sizes").Expect(0).Output);
    }

    [TestMethod]
    public void Inspecting_a_damaged_file_is_a_negative_verdict_that_names_the_fault()
    {
        using var parent = new SmallParent();
        File.WriteAllBytes(parent.File, File.ReadAllBytes(parent.File)[..^100]);
        var run = CliRun.Of("inspect", parent.File, "--json").Expect(1);
        Assert.Contains("not an intact parent", run.Error);
        Assert.AreEqual("formatVersion command outcome problem findings", CliRun.Fields(run.Json()));
        Assert.AreEqual("negative", run.Json().GetProperty("outcome").GetString());
        Assert.AreEqual("damaged", run.Json().GetProperty("problem").GetProperty("code").GetString());
        Assert.AreEqual("error where message", CliRun.Fields(run.Json().GetProperty("findings")[0]));
        Assert.AreEqual("notOnnx", run.Json().GetProperty("findings")[0].GetProperty("error").GetString());
    }

    [TestMethod]
    public void Inspecting_a_plain_model_is_a_negative_verdict_and_prints_no_table()
    {
        using var parent = new SmallParent();
        File.WriteAllBytes(parent.In("plain.onnx"), parent.Dense.ToByteArray());
        var run = CliRun.Of("inspect", parent.In("plain.onnx")).Expect(1);
        Assert.AreEqual("", run.Output);
        Assert.Contains("NoManifest", run.Error);
    }
}
