using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
public sealed class TrainingReportTests
{
    const int Rows = 256, Epochs = 2;

    readonly MLContext _context = new(1);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Every_step_and_every_epoch_of_every_level_is_reported_until_all_is_done(bool keepDense)
    {
        var reports = new List<ElsaProgress>();
        var options = Options(reports.Add);
        using var elsa = TrainingTask.Fit(_context, options with { Training = options.Training! with { KeepDense = keepDense } }, Rows);
        var training = reports.Where(report => report.Phase == "train").ToList();
        string[] levels = keepDense ? ["s90", "s50"] : ["s90", "s50", "dense"];
        var perEpoch = elsa.Parent.Fit.TrainingRows / 32;
        Assert.AreSequenceEqual(levels, training.Select(report => report.Level).Distinct());
        Assert.IsTrue(training.All(report => report.Total == levels.Length * Epochs * perEpoch));
        Assert.AreSequenceEqual(Enumerable.Range(1, (int)training[0].Total!.Value).Select(done => (long)done),
            training.Where(report => report.Metric is null).Select(report => report.Done));
        Assert.IsTrue(training.Zip(training.Skip(1)).All(pair => pair.First.Done <= pair.Second.Done));
        Assert.IsTrue(training.All(report => report.Loss is { } loss && double.IsFinite(loss) && report.Remaining >= TimeSpan.Zero));
        Assert.AreEqual(training[^1].Total, training[^1].Done);
        Assert.AreEqual(TimeSpan.Zero, training[^1].Remaining);
        foreach (var level in levels)
        {
            var ends = training.Where(report => report.Level == level && report.Metric is not null).ToList();
            Assert.AreSequenceEqual([1, 2], ends.Select(report => report.Epoch));
            Assert.IsTrue(ends.All(report => report.MetricName == "accuracy" && report.Metric is >= 0 and <= 1));
            foreach (var end in ends)
                Assert.AreEqual(training.Where(report => report.Level == level && report.Epoch == end.Epoch && report.Metric is null)
                    .Average(report => report.Loss!.Value), end.Loss!.Value, 1e-6);
        }
        Assert.AreEqual("measure", reports[^1].Phase);
    }

    [TestMethod]
    public void The_log_has_one_line_per_epoch_with_its_source()
    {
        var entries = new List<LoggingEventArgs>();
        _context.Log += (_, entry) => entries.Add(entry);
        using var elsa = TrainingTask.Fit(_context, Options(_ => { }), Rows);
        var epochs = entries.Where(entry => entry.RawMessage.Contains(", epoch ", StringComparison.Ordinal)).ToList();
        Assert.AreSequenceEqual(from level in (string[])["s90", "s50", "dense"] from epoch in (int[])[1, 2] select $"Level {level}, epoch {epoch} of 2: mean loss",
            epochs.Select(entry => entry.RawMessage[..(entry.RawMessage.IndexOf("loss", StringComparison.Ordinal) + 4)]));
        foreach (var entry in epochs)
        {
            StringAssert.Matches(entry.RawMessage, new(@"mean loss [\d.]+, accuracy [\d.]+ on held-out rows, \d\d:\d\d:\d\d left\.$"));
            StringAssert.Contains(entry.Source, "ElsaSparsifyEstimator");
            Assert.AreEqual(ChannelMessageKind.Info, entry.Kind);
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(10)]
    [DataRow(30)]
    public void Cancellation_ends_the_fit_before_the_next_step(int step)
    {
        using var cancel = new CancellationTokenSource();
        var steps = 0;
        var options = Options(report =>
        {
            if (report is { Phase: "train", Metric: null } && ++steps == step) cancel.Cancel();
        });
        options = options with { Execution = options.Execution with { CancellationToken = cancel.Token } };
        Assert.Throws<OperationCanceledException>(() => TrainingTask.Fit(_context, options, Rows));
        Assert.AreEqual(step, steps);
    }

    [TestMethod]
    public void Resumed_progress_counts_what_was_done_before()
    {
        using var folder = new CheckpointFolder();
        using (TrainingTask.Fit(_context, folder.Into(Options(_ => { })), Rows)) { }
        File.Delete(folder.PathOf("dense"));
        var reports = new List<ElsaProgress>();
        var lines = new List<string>();
        _context.Log += (_, entry) => lines.Add(entry.RawMessage);
        using (TrainingTask.Fit(_context, folder.Into(Options(reports.Add)), Rows)) { }
        var training = reports.Where(report => report.Phase == "train").ToList();
        Assert.IsTrue(training.All(report => report.Level == "dense"));
        Assert.AreEqual(training[0].Total!.Value * 2 / 3 + 1, training[0].Done);
        Assert.AreEqual(training[^1].Total, training[^1].Done);
        Assert.IsTrue(lines.Any(line => line.Contains($"Level s50 and sparser ones come from the checkpoint '{folder.PathOf("s50")}'", StringComparison.Ordinal)));
    }

    static ElsaSparsifyOptions Options(Action<ElsaProgress> report) => TrainingTask.Options() with
    {
        Progress = new TrainingTask.Immediate(report),
        Training = TrainingTask.Options().Training! with { Epochs = Epochs },
    };
}
