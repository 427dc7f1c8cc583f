using System.CommandLine;
using Elsa.MLNet.Cli.Commands;

namespace Elsa.MLNet.Cli;

/// <summary>The command line <c>elsa</c>, without a process around it.</summary>
internal static class ElsaCli
{
    const string Description = "Looks into, takes apart and checks parent files.";

    const string Explanation =
        """
        A parent is one ONNX file that holds a network several times: the dense network and sparser ones, called levels.
        A level such as s90 has 90 % of its maskable weights set to zero. Any program that runs ONNX runs the parent as its
        dense level; to use another level, extract it into a file of its own.

        What is in it:         elsa inspect network.elsa.onnx
        Take a level out:      elsa extract network.elsa.onnx --level s90 -o network.s90.onnx
        Is the parent intact:  elsa verify network.elsa.onnx
        Is the level intact:   elsa verify network.s90.onnx --parent network.elsa.onnx --level s90

        Exit codes: 0 success; 1 the file is damaged, changed or not what it should be; 2 wrong use, or a file that is
        missing, in the way, or cannot be read or written; 130 interrupted. Problems are explained on standard error.
        """;

    /// <summary>Runs one command.</summary>
    /// <param name="args">The words after <c>elsa</c>.</param>
    /// <param name="output">Takes tables and JSON.</param>
    /// <param name="error">Takes what was wrong and what to do.</param>
    /// <param name="cancellation">Stops the command between two steps; nothing half-written stays.</param>
    /// <returns>The exit code, a <see cref="CliOutcome"/>.</returns>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        var session = new CliSession(output, error, cancellation);
        var root = new ExplainedCommand("elsa", Description, Explanation)
        {
            InspectCommand.Create(session),
            ExtractCommand.Create(session),
            VerifyCommand.Create(session),
            CliHelp.Option(),
            CliVersion.Option(),
        };
        // A file may be named '@network.onnx'; it is not a list of further arguments.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            if (parsed.Errors.Count > 0) return session.Refuse(parsed, args);
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        // Whatever else cannot be read or written is an answer; here the answer itself is it.
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"elsa: The answer cannot be written to standard output: {fault.Message.TrimEnd('.')}. Write it " +
                "where there is room; a file that was extracted is whole.");
            return (int)CliOutcome.WrongUse;
        }
    }
}
