using System.Diagnostics;
using System.Globalization;
using Elsa.MLNet;
using Spectre.Console;

namespace Quickstart;

/// <summary>Shows how far a job is: a line for all that is finished, and on a terminal a moving one for what is not.</summary>
sealed class Watch : IProgress<ElsaProgress>
{
    readonly Stopwatch _clock = Stopwatch.StartNew();
    StatusContext? _status;

    public void Say(string message)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"[{_clock.Elapsed.TotalSeconds,6:0.0} s] {message}");
        // Spectre knows how to write above the moving line, but folds at 80 letters where nobody looks at a terminal.
        if (_status is null) Console.WriteLine(line);
        else AnsiConsole.WriteLine(line);
    }

    /// <summary>Does work that reports here.</summary>
    public T During<T>(string what, Func<T> work)
    {
        if (Console.IsOutputRedirected) return work();
        ConsoleCancelEventHandler showCursor = (_, _) => AnsiConsole.Cursor.Show();
        Console.CancelKeyPress += showCursor;
        try
        {
            return AnsiConsole.Status().Start(what, status =>
            {
                _status = status;
                return work();
            });
        }
        finally
        {
            _status = null;
            Console.CancelKeyPress -= showCursor;
        }
    }

    public void Report(ElsaProgress progress)
    {
        if (progress is { Metric: { } metric, Loss: { } mean })
            Say(string.Create(CultureInfo.InvariantCulture, $"  {progress.Level,-6} epoch {progress.Epoch}: loss {mean:0.000}, {progress.MetricName} {metric:0.000} on held-out rows"));
        var left = progress.Remaining is { } time ? string.Create(CultureInfo.InvariantCulture, $", {time.TotalSeconds:0} s left") : "";
        _status?.Status(Markup.Escape($"{progress.Phase} {progress.Level} {progress.Done} of {progress.Total}{left}"));
    }
}
