using Microsoft.ML;
using Onnx;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
public sealed class TrainingCheckpointTests
{
    const int Rows = 256;

    static readonly Lazy<byte[]> Undisturbed = new(() => TrainingTask.Bytes(TrainingTask.Options(), Rows));

    readonly MLContext _context = new(1);

    [TestMethod]
    [DataRow(2, new string[0])]
    [DataRow(20, new[] { "s90" })]
    [DataRow(40, new[] { "s50", "s90" })]
    public void A_fit_cancelled_within_a_level_gives_the_undisturbed_bytes_when_it_goes_on(int step, string[] finished)
    {
        using var folder = new CheckpointFolder();
        using var cancel = new CancellationTokenSource();
        var options = folder.Into(TrainingTask.Options());
        var disturbed = options with
        {
            Execution = options.Execution with { CancellationToken = cancel.Token },
            Progress = new TrainingTask.Immediate(report =>
            {
                if (report.Phase == "train" && report.Done == step) cancel.Cancel();
            }),
        };
        Assert.Throws<OperationCanceledException>(() => TrainingTask.Fit(_context, disturbed, Rows));
        Assert.AreSequenceEqual(finished, folder.Levels.Order());
        Assert.AreSequenceEqual(Undisturbed.Value, TrainingTask.Bytes(options, Rows));
        Assert.AreSequenceEqual(Undisturbed.Value, TrainingTask.Bytes(options, Rows));
    }

    [TestMethod]
    [DataRow(ElsaTrainedSideParameters.StatisticsPerLevel, false)]
    [DataRow(ElsaTrainedSideParameters.Frozen, false)]
    [DataRow(ElsaTrainedSideParameters.PerLevel, true)]
    public void A_fit_that_goes_on_behind_any_level_gives_the_same_bytes(ElsaTrainedSideParameters sides, bool keepDense)
    {
        using var folder = new CheckpointFolder();
        var options = TrainingTask.Options();
        options = folder.Into(options with
        {
            Training = options.Training! with { SideParameters = sides, KeepDense = keepDense, ReturningWeights = ElsaReturningWeights.Reinitialized },
        });
        var expected = TrainingTask.Bytes(options, Rows);
        foreach (var level in folder.Levels.Order(Comparer<string>.Create((a, b) => Order(a).CompareTo(Order(b)))).ToList())
        {
            File.Delete(folder.PathOf(level));
            Assert.AreSequenceEqual(expected, TrainingTask.Bytes(options, Rows));
            foreach (var again in folder.Levels.Where(name => Order(name) < Order(level)).ToList()) File.Delete(folder.PathOf(again));
            File.Delete(folder.PathOf(level));
        }

        static int Order(string level) => level switch { "dense" => 0, "s50" => 1, _ => 2 };
    }

    public static IEnumerable<(string, Func<ElsaSparsifyOptions, ElsaSparsifyOptions>, int)> OtherFits() =>
    [
        ("seed", options => options with { Seed = 2 }, Rows),
        ("sparsities", options => options with { Sparsities = [0.4, 0.9] }, Rows),
        ("model", options => options with { ModelBytes = TrainingTask.Options(SmallNetwork.Make(normalized: true, seed: 9)).ModelBytes }, Rows),
        ("fewer rows", options => options, Rows - 40),
        ("label column", options => options with { LabelColumnName = "Key" }, Rows),
        ("learning rate", options => options with { Training = options.Training! with { LearningRate = ElsaLearningRate.Cosine(0.04) } }, Rows),
        ("loss", options => options with { Training = options.Training! with { Loss = ElsaLoss.DistillationOfClasses() } }, Rows),
        ("weight of the loss", options => options with { Training = options.Training! with { OutputLosses = [new() { Loss = ElsaLoss.CrossEntropy, Weight = 2 }] } }, Rows),
        ("optimizer", options => options with { Training = options.Training! with { Optimizer = ElsaOptimizer.AdamW() } }, Rows),
        ("batch", options => options with { Training = options.Training! with { BatchSize = 16 } }, Rows),
        ("kept dense level", options => options with { Training = options.Training! with { KeepDense = true } }, Rows),
    ];

    [TestMethod]
    [DynamicData(nameof(OtherFits))]
    public void A_checkpoint_of_another_fit_is_refused(string difference, Func<ElsaSparsifyOptions, ElsaSparsifyOptions> other, int rows)
    {
        using var folder = new CheckpointFolder();
        var options = folder.Into(TrainingTask.Options());
        using (TrainingTask.Fit(_context, options, Rows)) { }
        var error = Assert.ThrowsExactly<ArgumentException>(() => TrainingTask.Fit(_context, other(options), rows), difference);
        StringAssert.Contains(error.Message, "is of another fit");
        StringAssert.Contains(error.Message, folder.Name);
        StringAssert.Contains(error.Message, "another CheckpointDirectory");
    }

    [TestMethod]
    public void A_checkpoint_of_the_same_rows_with_other_labels_is_refused()
    {
        using var folder = new CheckpointFolder();
        var options = folder.Into(TrainingTask.Options());
        using (TrainingTask.Fit(_context, options, Rows)) { }
        var points = TrainingTask.Points(Rows);
        foreach (var point in points) point.Label = (point.Label + 1) % SmallNetwork.Classes;
        var error = Assert.ThrowsExactly<ArgumentException>(() =>
            _context.Transforms.ElsaSparsify(options).Fit(_context.Data.LoadFromEnumerable(points)));
        StringAssert.Contains(error.Message, "is of another fit");
    }

    [TestMethod]
    public void A_damaged_checkpoint_is_refused_until_it_is_deleted()
    {
        using var folder = new CheckpointFolder();
        var options = folder.Into(TrainingTask.Options());
        using (TrainingTask.Fit(_context, options, Rows)) { }
        var whole = File.ReadAllBytes(folder.PathOf("dense"));
        var level = ModelProto.Parser.ParseFrom(whole);
        level.Graph.Initializer.Single(tensor => tensor.Name == "levels").RawData = Google.Protobuf.ByteString.CopyFrom(
            Enumerable.Repeat((byte)7, SmallNetwork.Inputs * SmallNetwork.Hidden + SmallNetwork.Hidden * SmallNetwork.Classes).ToArray());
        var missing = ModelProto.Parser.ParseFrom(whole);
        missing.Graph.Initializer.RemoveAt(0);
        foreach (var damaged in (byte[][])[[], [1, 2, 3], whole[..(whole.Length / 2)], whole[..^1], Google.Protobuf.MessageExtensions.ToByteArray(level),
            Google.Protobuf.MessageExtensions.ToByteArray(missing)])
        {
            File.WriteAllBytes(folder.PathOf("dense"), damaged);
            var error = Assert.ThrowsExactly<ArgumentException>(() => TrainingTask.Fit(_context, options, Rows));
            StringAssert.Contains(error.Message, "is damaged");
            StringAssert.Contains(error.Message, folder.PathOf("dense"));
            Assert.AreSequenceEqual(damaged, File.ReadAllBytes(folder.PathOf("dense")));
        }
        File.Delete(folder.PathOf("dense"));
        Assert.AreSequenceEqual(Undisturbed.Value, TrainingTask.Bytes(options, Rows));
    }

    [TestMethod]
    public void Flipped_bits_of_a_checkpoint_are_refused()
    {
        using var folder = new CheckpointFolder();
        var options = folder.Into(TrainingTask.Options());
        using (TrainingTask.Fit(_context, options, Rows)) { }
        var whole = File.ReadAllBytes(folder.PathOf("dense"));
        for (var position = 100; position < whole.Length; position += whole.Length / 12)
        {
            var damaged = whole.ToArray();
            damaged[position] ^= 16;
            File.WriteAllBytes(folder.PathOf("dense"), damaged);
            Assert.ThrowsExactly<ArgumentException>(() => TrainingTask.Fit(_context, options, Rows), $"bit flipped in byte {position}");
        }
    }
}
