using System.CommandLine;
using Elsa.MLNet.Cli.Answers;
using Spectre.Console;

namespace Elsa.MLNet.Cli;

/// <summary>One run of the command line: turns a command's work, or what stopped it, into output and an exit code.</summary>
internal sealed class CliSession(TextWriter output, TextWriter error, CancellationToken cancellation)
{
    readonly CliProgress _progress = new(error);

    /// <summary>Says what comes next.</summary>
    /// <exception cref="OperationCanceledException">The run was interrupted.</exception>
    public void Step(string what)
    {
        cancellation.ThrowIfCancellationRequested();
        _progress.Show(what);
    }

    /// <summary>Does a command's work and shows its answer.</summary>
    public int Answer(string command, bool json, Func<CliAnswer> work) => Show(command, json, Result(work));

    /// <summary>Refuses arguments that the parser does not accept.</summary>
    public int Refuse(ParseResult parsed, IReadOnlyList<string> args)
    {
        var command = parsed.CommandResult.Command.Name;
        var help = command == "elsa" ? "elsa --help" : $"elsa {command} --help";
        var message = string.Join(' ', parsed.Errors.Select(found => found.Message.TrimEnd('.') + "."));
        return Show(command, args.Contains("--json"), new FailedAnswer(CliOutcome.WrongUse,
            new CliProblem("arguments", $"{message} '{help}' shows what is allowed.")));
    }

    CliAnswer Result(Func<CliAnswer> work)
    {
        try
        {
            return _progress.During(work);
        }
        catch (WrongUseException wrong)
        {
            return new FailedAnswer(CliOutcome.WrongUse, new CliProblem(wrong.Code, wrong.Message));
        }
        catch (DamagedFileException damaged)
        {
            return new FailedAnswer(CliOutcome.Negative, new CliProblem("damaged", damaged.Message)) { Findings = damaged.Findings };
        }
        catch (InvalidDataException damaged)
        {
            return new FailedAnswer(CliOutcome.Negative, new CliProblem("damaged", damaged.Message));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return new FailedAnswer(CliOutcome.WrongUse, new CliProblem("inputOutput",
                $"{fault.Message.TrimEnd('.')}. Check that the file can be read, and that the folder of the output can be written and has room."));
        }
        catch (OperationCanceledException)
        {
            return new FailedAnswer(CliOutcome.Interrupted, new CliProblem("interrupted", "Interrupted; nothing was written."));
        }
    }

    int Show(string command, bool json, CliAnswer answer)
    {
        if (json) output.WriteLine(CliJson.Write(answer with { Command = command }));
        else answer.Print(Console());
        if (answer.Problem is { } problem) error.WriteLine($"elsa: {CliText.Visible(problem.Message)}");
        return (int)answer.Outcome;
    }

    /// <summary>A console for tables. Where nobody looks at a terminal there is no colour and nothing is folded.</summary>
    IAnsiConsole Console()
    {
        if (ReferenceEquals(output, System.Console.Out) && !System.Console.IsOutputRedirected) return AnsiConsole.Console;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = 1 << 16;
        return console;
    }
}
