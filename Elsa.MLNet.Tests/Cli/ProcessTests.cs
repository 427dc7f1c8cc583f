using System.Diagnostics;
using System.Text.Json;
using Elsa.MLNet.Cli;

namespace Elsa.MLNet.Tests.Cli;

[TestClass]
public sealed class ProcessTests
{
    [TestMethod]
    [DataRow("verify", 0, "success")]
    [DataRow("verify", 1, "negative")]
    [DataRow("inspect", 1, "negative")]
    [DataRow("bogus", 2, "wrongUse")]
    public void The_process_exits_with_the_outcome_and_writes_one_document(string command, int exitCode, string outcome)
    {
        using var parent = new SmallParent();
        if (exitCode == 1) File.WriteAllText(parent.File, "nothing");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(ElsaCli).Assembly.Location, command, parent.File, "--json"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        using var document = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        Assert.AreEqual(exitCode, process.ExitCode);
        Assert.AreEqual(outcome, document.RootElement.GetProperty("outcome").GetString());
        Assert.AreEqual(exitCode == 0, error.Result.Length == 0);
    }
}
