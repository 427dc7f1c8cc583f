namespace Elsa.MLNet.Cli.Answers;

/// <summary>Why a command did not succeed.</summary>
/// <param name="Code">For programs; README.md lists the codes.</param>
/// <param name="Message">For people: what was found, what is allowed and what to do.</param>
internal sealed record CliProblem(string Code, string Message);
