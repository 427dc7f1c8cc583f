using System.CommandLine;

namespace Elsa.MLNet.Cli;

/// <summary>A command whose own help says more than the line that lists it.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">One sentence, for the list of commands.</param>
/// <param name="explanation">What stands below its options: what happens, and examples.</param>
internal sealed class ExplainedCommand(string name, string description, string explanation) : Command(name, description)
{
    public string Explanation { get; } = explanation;
}
