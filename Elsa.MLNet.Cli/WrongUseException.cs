namespace Elsa.MLNet.Cli;

/// <summary>The command was given something that it cannot take.</summary>
/// <param name="code">What kind of thing, for programs (README.md lists the codes).</param>
/// <param name="message">What was found, what is allowed and what to do.</param>
internal sealed class WrongUseException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
