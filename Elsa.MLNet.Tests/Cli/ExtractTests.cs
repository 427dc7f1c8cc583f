using Elsa.MLNet.Onnx;
using Google.Protobuf;

namespace Elsa.MLNet.Tests.Cli;

[TestClass]
public sealed class ExtractTests
{
    [TestMethod]
    public void The_extracted_file_is_the_level_byte_for_byte_and_nothing_else_is_left_behind()
    {
        using var parent = new SmallParent();
        foreach (var level in parent.Model.Levels)
        {
            var path = parent.Extract(level.Name);
            CollectionAssert.AreEqual(parent.Model.Extract(level.Index).ToByteArray(), File.ReadAllBytes(path));
            Assert.IsTrue(ParentVerification.OfExtracted(parent.Model, path, level.Name).IsValid);
        }
        CollectionAssert.AreEqual(new[] { "dense.onnx", "s50.onnx", "s90.onnx" }, parent.Others());
    }

    [TestMethod]
    public void The_json_of_extract_has_the_documented_fields()
    {
        using var parent = new SmallParent();
        var json = CliRun.Of("extract", parent.File, "--level", "s90", "--output", parent.In("a.onnx"), "--json").Expect(0).Json();
        Assert.AreEqual("formatVersion command outcome problem findings file output bytes level", CliRun.Fields(json));
        Assert.AreEqual("index name sparsity keptWeights sha256 metrics", CliRun.Fields(json.GetProperty("level")));
        Assert.AreEqual(new FileInfo(parent.In("a.onnx")).Length, json.GetProperty("bytes").GetInt64());
    }

    [TestMethod]
    public void An_existing_file_is_kept_unless_forced()
    {
        using var parent = new SmallParent();
        var path = parent.In("mine.onnx");
        File.WriteAllText(path, "mine");
        var refused = CliRun.Of("extract", parent.File, "--level", "s90", "-o", path, "--json").Expect(2);
        Assert.Contains("--force", refused.Error);
        Assert.AreEqual("outputExists", refused.Json().GetProperty("problem").GetProperty("code").GetString());
        Assert.AreEqual("mine", File.ReadAllText(path));

        CliRun.Of("extract", parent.File, "--level", "s90", "-o", path, "--force").Expect(0);
        Assert.IsTrue(ParentVerification.OfExtracted(parent.Model, path, "s90").IsValid);
    }

    [TestMethod]
    public void The_input_is_never_the_output_however_it_is_spelled()
    {
        using var parent = new SmallParent();
        var before = File.ReadAllBytes(parent.File);
        Directory.CreateDirectory(parent.In("sub"));
        File.CreateSymbolicLink(parent.In("link.onnx"), parent.File);
        Directory.CreateSymbolicLink(parent.In("again"), parent.Folder);
        foreach (var output in new[] { parent.File, parent.In("sub/../small.elsa.onnx"), parent.In("link.onnx"), parent.In("again/small.elsa.onnx") })
            Assert.AreEqual("outputIsInput", CliRun.Of("extract", parent.File, "--level", "s90", "-o", output, "--force", "--json")
                .Expect(2).Json().GetProperty("problem").GetProperty("code").GetString());
        CollectionAssert.AreEqual(before, File.ReadAllBytes(parent.File));
    }

    [TestMethod]
    public void An_unknown_level_is_wrong_use_and_the_message_lists_the_levels()
    {
        using var parent = new SmallParent();
        var run = CliRun.Of("extract", parent.File, "--level", "s80", "-o", parent.In("a.onnx"), "--json").Expect(2);
        Assert.Contains("dense, s50, s90", run.Error);
        Assert.AreEqual("unknownLevel", run.Json().GetProperty("problem").GetProperty("code").GetString());
        Assert.IsEmpty(parent.Others());
    }

    [TestMethod]
    public void An_output_that_cannot_be_a_file_is_wrong_use()
    {
        using var parent = new SmallParent();
        foreach (var output in new[] { parent.Folder, parent.In("no/such/folder/a.onnx"), parent.In("a/"), "" })
            Assert.AreEqual("badOutput", CliRun.Of("extract", parent.File, "--level", "s90", "-o", output, "--json")
                .Expect(2).Json().GetProperty("problem").GetProperty("code").GetString());
        Assert.IsEmpty(parent.Others());
    }

    [TestMethod]
    public void A_damaged_parent_gives_a_negative_verdict_and_no_file()
    {
        using var parent = new SmallParent();
        var bytes = File.ReadAllBytes(parent.File);
        bytes[bytes.AsSpan().IndexOf(parent.Dense.Graph.Initializer[1].RawData.Span) + 5] ^= 1;
        File.WriteAllBytes(parent.File, bytes);
        var run = CliRun.Of("extract", parent.File, "--level", "s90", "-o", parent.In("a.onnx"), "--json").Expect(1);
        Assert.AreEqual("weightsChanged", run.Json().GetProperty("findings")[0].GetProperty("error").GetString());
        Assert.IsEmpty(parent.Others());
    }

    [TestMethod]
    public void A_level_that_is_not_what_the_manifest_says_is_not_written()
    {
        using var parent = new SmallParent();
        TamperedManifest.SwapLevelHashes(parent.File, "s50", "s90");
        var run = CliRun.Of("extract", parent.File, "--level", "s90", "-o", parent.In("a.onnx"), "--json").Expect(1);
        Assert.AreEqual("levelSwapped", run.Json().GetProperty("findings")[0].GetProperty("error").GetString());
        Assert.Contains("was not written", run.Error);
        Assert.IsEmpty(parent.Others());
    }

    [TestMethod]
    public void A_model_with_external_data_is_extracted_with_its_data_beside_it_and_never_over_the_parents()
    {
        using var parent = new SmallParent();
        WithExternalData(parent);
        CliRun.Of("verify", parent.In("big.elsa.onnx")).Expect(0);

        CliRun.Of("extract", parent.In("big.elsa.onnx"), "-l", "s90", "-o", parent.In("out.onnx")).Expect(0);
        CliRun.Of("verify", parent.In("out.onnx"), "--parent", parent.In("big.elsa.onnx"), "--level", "s90").Expect(0);
        Assert.IsTrue(File.Exists(parent.In("out.onnx.data")));
        CliRun.Of("extract", parent.In("big.elsa.onnx"), "-l", "s50", "-o", parent.In("out.onnx")).Expect(2);
        CliRun.Of("extract", parent.In("big.elsa.onnx"), "-l", "s50", "-o", parent.In("out.onnx"), "-f").Expect(0);
        CliRun.Of("verify", parent.In("out.onnx"), "--parent", parent.In("big.elsa.onnx"), "--level", "s50").Expect(0);

        Assert.Contains("outputIsInput", CliRun.Of("extract", parent.In("big.elsa.onnx"), "-l", "dense", "--json",
            "-o", parent.In("big.elsa.onnx.data"), "--force").Expect(2).Output);
        var sizes = CliRun.Of("inspect", parent.In("big.elsa.onnx"), "--json").Expect(0).Json().GetProperty("sizes");
        Assert.AreEqual(new FileInfo(parent.In("big.elsa.onnx.data")).Length, sizes.GetProperty("externalDataBytes").GetInt64());
        CliRun.Of("verify", parent.In("big.elsa.onnx")).Expect(0);
        Assert.IsFalse(parent.Others().Any(name => name.EndsWith(".part", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void A_forced_level_that_cannot_get_its_name_leaves_the_one_before_it_whole()
    {
        using var parent = new SmallParent();
        var big = WithExternalData(parent);
        CliRun.Of("extract", big, "-l", "s90", "-o", parent.In("out.onnx")).Expect(0);
        Directory.CreateDirectory(parent.In("out.onnx.2.data"));
        CliRun.Of("extract", big, "-l", "s50", "-o", parent.In("out.onnx"), "--force").Expect(2);
        CliRun.Of("verify", parent.In("out.onnx"), "--parent", big, "--level", "s90").Expect(0);
        Assert.IsFalse(parent.Others().Any(name => name.EndsWith(".part", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void A_forced_level_takes_the_place_of_the_one_before_it_and_of_its_data()
    {
        using var parent = new SmallParent();
        var big = WithExternalData(parent);
        foreach (var (source, level, data) in new[] { (big, "s90", "out.onnx.data"), (big, "s50", "out.onnx.2.data"),
            (big, "s90", "out.onnx.data"), (parent.File, "s90", null) })
        {
            CliRun.Of("extract", source, "-l", level, "-o", parent.In("out.onnx"), "--force").Expect(0);
            CliRun.Of("verify", parent.In("out.onnx"), "--parent", source, "--level", level).Expect(0);
            CollectionAssert.AreEqual(new[] { "big.elsa.onnx", "big.elsa.onnx.data", "out.onnx", data }
                .OfType<string>().ToArray(), parent.Others());
        }
    }

    [TestMethod]
    public void An_interrupted_run_says_so_and_leaves_nothing()
    {
        using var parent = new SmallParent();
        var run = CliRun.Of(new CancellationToken(true), "extract", parent.File, "--level", "s90", "-o", parent.In("a.onnx"), "--json").Expect(130);
        Assert.AreEqual("interrupted", run.Json().GetProperty("outcome").GetString());
        Assert.IsEmpty(parent.Others());
    }

    /// <summary>The parent as a second one, big.elsa.onnx, whose weights lie in a file beside it.</summary>
    static string WithExternalData(SmallParent parent)
    {
        var (source, path) = (parent.In("source.onnx"), parent.In("big.elsa.onnx"));
        ExternalModel.Write(parent.Dense, source);
        SmallParent.Make(MaskableModel.Read(source)).Write(path);
        foreach (var file in Directory.GetFiles(parent.Folder, "source.*")) File.Delete(file);
        return path;
    }
}
