using Elsa.MLNet.Cli;

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

    [TestMethod]
    [DataRow("--help")]
    [DataRow("verify PARENT")]
    [DataRow("inspect PARENT --json")]
    [DataRow("bogus --json")]
    public void An_answer_that_cannot_be_written_is_a_fault_of_its_own_and_no_crash(string words)
    {
        using var parent = new SmallParent();
        using var error = new StringWriter();
        var args = words.Split(' ').Select(word => word == "PARENT" ? parent.File : word).ToArray();
        Assert.AreEqual(2, ElsaCli.Run(args, new FullWriter(), error));
        Assert.Contains("The answer cannot be written to standard output: No space left on device. Write it", error.ToString());
    }

    sealed class FullWriter : StringWriter
    {
        public override void Write(char value) => throw new IOException("No space left on device");

        public override void Write(string? value) => throw new IOException("No space left on device");

        public override void Write(char[] buffer, int index, int count) => throw new IOException("No space left on device");

        public override void Write(ReadOnlySpan<char> buffer) => throw new IOException("No space left on device");
    }
}
