using System.Text.Json.Serialization;
using Spectre.Console;

namespace Elsa.MLNet.Cli.Answers;

/// <summary>The answer of a command that could not do its work.</summary>
internal sealed record FailedAnswer(CliOutcome Outcome, CliProblem Problem) : CliAnswer
{
    [JsonPropertyOrder(-3)] public override CliOutcome Outcome { get; } = Outcome;

    [JsonPropertyOrder(-2)] public override CliProblem Problem { get; } = Problem;

    /// <summary>Nothing: the problem itself goes to standard error.</summary>
    public override void Print(IAnsiConsole console) { }
}
