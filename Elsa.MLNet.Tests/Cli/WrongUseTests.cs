namespace Elsa.MLNet.Tests.Cli;

[TestClass]
public sealed class WrongUseTests
{
    [TestMethod]
    [DataRow("")]
    [DataRow("bogus")]
    [DataRow("inspect")]
    [DataRow("inspect --bogus")]
    [DataRow("inspect a.onnx b.onnx")]
    [DataRow("extract a.onnx")]
    [DataRow("extract a.onnx --level s90")]
    [DataRow("extract a.onnx --level")]
    [DataRow("verify")]
    [DataRow("verify a.onnx --parent")]
    public void Words_that_are_not_allowed_are_wrong_use_and_the_message_says_where_help_is(string words)
    {
        var args = words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var run = CliRun.Of(args).Expect(2);
        Assert.AreEqual("", run.Output);
        Assert.Contains("--help", run.Error);
        var json = CliRun.Of([.. args, "--json"]).Expect(2).Json();
        Assert.AreEqual("wrongUse", json.GetProperty("outcome").GetString());
        Assert.AreEqual("arguments", json.GetProperty("problem").GetProperty("code").GetString());
    }

    [TestMethod]
    [DataRow("inspect no-such.onnx")]
    [DataRow("extract no-such.onnx --level s90 -o no-such-either.onnx")]
    [DataRow("verify no-such.onnx")]
    [DataRow("verify no-such.onnx --parent no-such.onnx")]
    [DataRow("inspect .")]
    [DataRow("inspect @no-such.onnx")]
    public void A_file_that_is_not_there_is_wrong_use(string words)
    {
        Assert.AreEqual("missingFile", CliRun.Of([.. words.Split(' '), "--json"]).Expect(2).Json()
            .GetProperty("problem").GetProperty("code").GetString());
    }

    [TestMethod]
    [DataRow("--help", "elsa extract network.elsa.onnx --level s90")]
    [DataRow("inspect --help", "--sizes")]
    [DataRow("extract --help", "--force")]
    [DataRow("verify --help", "--parent")]
    public void Help_explains_with_an_example_and_succeeds(string words, string expected)
    {
        var run = CliRun.Of(words.Split(' ')).Expect(0);
        Assert.Contains(expected, run.Output);
        Assert.Contains("elsa", run.Output);
        Assert.AreEqual("", run.Error);
    }

    [TestMethod]
    public void Version_is_the_version_of_the_tool()
    {
        var version = CliRun.Of("--version").Expect(0).Output.Trim();
        Assert.AreEqual(typeof(Elsa.MLNet.Cli.ElsaCli).Assembly.GetName().Version!.ToString(3), version);
    }
}
