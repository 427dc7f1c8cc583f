using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Tests.Cli;

[TestClass]
public sealed class VerifyTests
{
    [TestMethod]
    public void An_intact_parent_is_valid()
    {
        using var parent = new SmallParent();
        Assert.Contains("is a valid parent", CliRun.Of("verify", parent.File).Expect(0).Output);
        var json = CliRun.Of("verify", parent.File, "--json").Expect(0).Json();
        Assert.AreEqual("formatVersion command outcome problem findings file parent expectedLevel isValid level", CliRun.Fields(json));
        Assert.IsTrue(json.GetProperty("isValid").GetBoolean());
    }

    [TestMethod]
    public void Every_extracted_level_is_recognised_as_itself_and_as_no_other()
    {
        using var parent = new SmallParent();
        foreach (var name in new[] { "dense", "s50", "s90" })
        {
            var path = parent.Extract(name);
            var json = CliRun.Of("verify", path, "--parent", parent.File, "--json").Expect(0).Json();
            Assert.AreEqual(name, json.GetProperty("level").GetString());
            foreach (var expected in new[] { "dense", "s50", "s90" })
                CliRun.Of("verify", path, "--parent", parent.File, "--level", expected).Expect(expected == name ? 0 : 1);
        }
    }

    [TestMethod]
    public void A_level_that_is_another_one_is_found_out()
    {
        using var parent = new SmallParent();
        var json = CliRun.Of("verify", parent.Extract("s50"), "--parent", parent.File, "--level", "s90", "--json").Expect(1).Json();
        Assert.AreEqual("levelSwapped", json.GetProperty("findings")[0].GetProperty("error").GetString());
        Assert.AreEqual("s50", json.GetProperty("level").GetString());
        Assert.AreEqual("s90", json.GetProperty("expectedLevel").GetString());
        Assert.AreEqual("invalid", json.GetProperty("problem").GetProperty("code").GetString());
    }

    [TestMethod]
    public void A_tampered_level_is_not_valid_and_the_tensor_is_named()
    {
        using var parent = new SmallParent();
        var path = parent.Extract("s90");
        var model = ModelProto.Parser.ParseFromFile(path);
        var weights = model.Graph.Initializer.Single(tensor => tensor.Name == "fc.weight");
        var bytes = weights.RawData.ToByteArray();
        bytes[3] ^= 1;
        weights.RawData = ByteString.CopyFrom(bytes);
        model.WriteToFile(path);
        var run = CliRun.Of("verify", path, "--parent", parent.File).Expect(1);
        Assert.Contains("fc.weight", run.Output);
        Assert.Contains("is not valid", run.Error);
        Assert.DoesNotContain("\u001b", run.Output);
    }

    [TestMethod]
    public void A_parent_with_a_flipped_bit_is_never_valid()
    {
        using var parent = new SmallParent();
        var intact = File.ReadAllBytes(parent.File);
        var random = new Random(5);
        for (var sample = 0; sample < 200; sample++)
        {
            var damaged = intact.ToArray();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(parent.File, damaged);
            var json = CliRun.Of("verify", parent.File, "--json").Expect(1).Json();
            Assert.IsGreaterThan(0, json.GetProperty("findings").GetArrayLength());
        }
    }

    [TestMethod]
    public void A_plain_model_is_not_a_parent_and_the_message_says_how_to_compare_it()
    {
        using var parent = new SmallParent();
        Assert.Contains("--parent", CliRun.Of("verify", parent.Extract("s90")).Expect(1).Error);
    }

    [TestMethod]
    public void A_damaged_parent_to_compare_with_is_a_negative_verdict()
    {
        using var parent = new SmallParent();
        var path = parent.Extract("s90");
        TamperedManifest.SwapLevelHashes(parent.File, "s50", "s90");
        CliRun.Of("verify", parent.File).Expect(1);
        CliRun.Of("verify", path, "--parent", parent.File, "--level", "s90").Expect(1);
        File.WriteAllText(parent.File, "nothing");
        Assert.AreEqual("damaged", CliRun.Of("verify", path, "--parent", parent.File, "--json").Expect(1).Json()
            .GetProperty("problem").GetProperty("code").GetString());
    }

    [TestMethod]
    public void A_level_without_a_parent_and_an_unknown_level_are_wrong_use()
    {
        using var parent = new SmallParent();
        var path = parent.Extract("s90");
        Assert.Contains("add --parent", CliRun.Of("verify", path, "--level", "s90").Expect(2).Error);
        Assert.Contains("dense, s50, s90", CliRun.Of("verify", path, "--parent", parent.File, "--level", "s99").Expect(2).Error);
    }
}
