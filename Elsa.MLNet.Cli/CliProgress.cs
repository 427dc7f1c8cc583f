using Spectre.Console;

namespace Elsa.MLNet.Cli;

/// <summary>Shows what is being done while it lasts, on standard error, if a person looks at it there.</summary>
internal sealed class CliProgress(TextWriter error)
{
    readonly bool _isWatched = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;
    StatusContext? _status;

    public T During<T>(Func<T> work) => !_isWatched ? work()
        : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) }).Status().Start("Starting", status =>
        {
            _status = status;
            return work();
        });

    public void Show(string what) => _status?.Status(Markup.Escape(what));
}
