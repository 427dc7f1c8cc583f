using System.Text.Json.Serialization;
using Elsa.MLNet.Onnx;
using Spectre.Console;

namespace Elsa.MLNet.Cli.Answers;

/// <summary>What a command answers: a JSON document, or tables for people.</summary>
internal abstract record CliAnswer
{
    [JsonPropertyOrder(-5)] public int FormatVersion { get; } = 1;

    [JsonPropertyOrder(-4)] public string Command { get; init; } = "";

    [JsonPropertyOrder(-3)] public virtual CliOutcome Outcome => CliOutcome.Success;

    /// <summary>What was wrong and what to do; null if nothing was.</summary>
    [JsonPropertyOrder(-2)] public virtual CliProblem? Problem => null;

    /// <summary>What is wrong with a file, fault by fault.</summary>
    [JsonPropertyOrder(-1)] public IReadOnlyList<ParentFinding> Findings { get; init; } = [];

    /// <summary>Shows the answer to a person.</summary>
    public abstract void Print(IAnsiConsole console);
}
