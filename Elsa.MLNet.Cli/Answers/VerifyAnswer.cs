using System.Text.Json.Serialization;
using Elsa.MLNet.Onnx;
using Spectre.Console;

namespace Elsa.MLNet.Cli.Answers;

/// <summary>The answer of <c>elsa verify</c>.</summary>
internal sealed record VerifyAnswer : CliAnswer
{
    public VerifyAnswer(string file, string? parent, string? expectedLevel, ParentVerification verification)
    {
        (File, Parent, ExpectedLevel, IsValid, Level) = (file, parent, expectedLevel, verification.IsValid, verification.Level);
        Findings = verification.Findings;
    }

    public string File { get; }

    /// <summary>The parent that the file was compared with; null if the file is a parent itself.</summary>
    public string? Parent { get; }

    public string? ExpectedLevel { get; }

    public bool IsValid { get; }

    /// <summary>The level that an extracted file is; null if it is none, and for a parent.</summary>
    public string? Level { get; }

    [JsonPropertyOrder(-3)]
    public override CliOutcome Outcome => IsValid ? CliOutcome.Success : CliOutcome.Negative;

    [JsonPropertyOrder(-2)]
    public override CliProblem? Problem => IsValid ? null : new CliProblem("invalid",
        $"'{File}' is not valid: {(Findings.Count == 1 ? "one finding" : $"{Findings.Count} findings")}. {Findings[0]}{Hint}");

    public override void Print(IAnsiConsole console)
    {
        if (IsValid)
        {
            console.WriteLine(Parent is null ? $"'{File}' is a valid parent." : $"'{File}' is level '{Level}' of '{Parent}', and valid.");
            return;
        }
        var table = CliTable.Of(console, ["Finding", "Where", "What"]);
        foreach (var finding in Findings) table.Row([finding.Error.ToString(), finding.Where, finding.Message]);
        console.Write(table);
    }

    string Hint => Parent is null && Findings.Any(finding => finding.Error == ParentFormatError.NoManifest)
        ? " If it was extracted from a parent, say which: add --parent PARENT." : "";
}
