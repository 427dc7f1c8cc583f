using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Training;

/// <summary>Tells how training goes: every step by IProgress, every epoch in ML.NET's log too.</summary>
/// <param name="progress">Receives progress; null for none.</param>
/// <param name="channel">ML.NET's log.</param>
/// <param name="totalSteps">Steps of all levels.</param>
/// <param name="epochs">Epochs of a level.</param>
internal sealed class TrainingReport(IProgress<ElsaProgress>? progress, IChannel channel, long totalSteps, int epochs)
{
    private readonly Stopwatch _clock = new();
    private long _skipped, _done;

    /// <summary>Counts steps that need not be done.</summary>
    public void Skip(string level, long steps, string checkpoint)
    {
        _skipped += steps;
        channel.Info(MessageSensitivity.None, $"Level {level} and sparser ones come from the checkpoint '{checkpoint}'.");
    }

    public void Step(string level, int epoch, double loss)
    {
        _clock.Start();
        _done++;
        progress?.Report(Now(level, epoch, loss));
    }

    public void Epoch(string level, int epoch, double meanLoss, (string Name, double Value)? metric)
    {
        var now = Now(level, epoch, meanLoss) with { Metric = metric?.Value, MetricName = metric?.Name };
        progress?.Report(now);
        var measured = metric is { } found ? $", {found.Name} {Text(found.Value)} on held-out rows" : "";
        channel.Info(MessageSensitivity.None, $"Level {level}, epoch {epoch} of {epochs}: mean loss {Text(meanLoss)}{measured}, " +
            $"{now.Remaining?.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture)} left.");
    }

    public void Warn(string message) => channel.Warning(MessageSensitivity.None, message);

    private ElsaProgress Now(string level, int epoch, double loss) => new("train", level, _skipped + _done, totalSteps)
    {
        Epoch = epoch,
        Loss = loss,
        Remaining = _done == 0 ? null : _clock.Elapsed * ((double)(totalSteps - _skipped - _done) / _done),
    };

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
