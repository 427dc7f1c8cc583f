using Microsoft.ML;

namespace Elsa.MLNet.Tests.Fitting;

[TestClass]
public sealed class TrainingDivergenceTests
{
    readonly MLContext _context = new(1);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_learning_rate_far_too_high_stops_with_level_and_step(bool adaptive)
    {
        var options = TrainingTask.Options();
        options = options with
        {
            Training = options.Training! with
            {
                LearningRate = ElsaLearningRate.Constant(1e30),
                Optimizer = adaptive ? ElsaOptimizer.AdamW() : ElsaOptimizer.Sgd(),
            },
        };
        var error = Assert.ThrowsExactly<NotFiniteNumberException>(() => TrainingTask.Fit(_context, options, 256));
        foreach (var part in (string[])["not a finite number", "level s90, epoch 1, step ", "No checkpoint was written", "Lower the learning rate", "MaximumGradientNorm"])
            StringAssert.Contains(error.Message, part);
    }

    [TestMethod]
    public void A_level_that_diverges_leaves_the_checkpoints_before_it_for_the_same_options()
    {
        using var folder = new CheckpointFolder();
        var options = folder.Into(TrainingTask.Options() with { HoldOutFraction = 0 });
        var expected = TrainingTask.Bytes(TrainingTask.Options() with { HoldOutFraction = 0 }, 256);

        var error = Assert.ThrowsExactly<NotFiniteNumberException>(() => _context.Transforms.ElsaSparsify(options).Fit(
            // The fit reads once to draw rows and twice for the epochs of the sparsest level; the next level meets the change.
            _context.Data.LoadFromEnumerable(new DataThatGoesWrong(TrainingTask.Points(256), soundPasses: 4).Rows())));
        foreach (var part in (string[])["level s50", "step ", $"Level s90 and sparser ones are safe in '{folder.PathOf("s90")}'", "other options need another CheckpointDirectory"])
            StringAssert.Contains(error.Message, part);
        Assert.AreSequenceEqual(["s90"], folder.Levels);
        var safe = File.ReadAllBytes(folder.PathOf("s90"));

        var saner = options with { Training = options.Training! with { LearningRate = ElsaLearningRate.Cosine(0.001) } };
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => TrainingTask.Fit(_context, saner, 256)).Message, "of another fit");
        Assert.AreSequenceEqual(safe, File.ReadAllBytes(folder.PathOf("s90")));
        Assert.AreSequenceEqual(expected, TrainingTask.Bytes(options, 256));
    }

    [TestMethod]
    public void Weights_that_are_frozen_stay_finite_in_a_step_that_is_not()
    {
        using var folder = new CheckpointFolder();
        var options = folder.Into(TrainingTask.Options() with { HoldOutFraction = 0 });
        using (TrainingTask.Fit(_context, options, 256)) { }
        var (whole, levels) = folder.Read("s90");
        File.Delete(folder.PathOf("dense"));
        File.Delete(folder.PathOf("s50"));
        Assert.ThrowsExactly<NotFiniteNumberException>(() => _context.Transforms.ElsaSparsify(options).Fit(
            _context.Data.LoadFromEnumerable(new DataThatGoesWrong(TrainingTask.Points(256), soundPasses: 2).Rows())));
        var (weights, after) = folder.Read("s90");
        Assert.AreSequenceEqual(whole, weights);
        Assert.AreSequenceEqual(levels, after);
    }

    /// <summary>Rows that a few passes find sound; later ones find numbers whose loss is not finite.</summary>
    sealed class DataThatGoesWrong(List<TrainingTask.Row> rows, int soundPasses)
    {
        int _passes;

        public IEnumerable<TrainingTask.Row> Rows()
        {
            var sound = Interlocked.Increment(ref _passes) <= soundPasses;
            foreach (var row in rows)
                yield return sound ? row : new TrainingTask.Row { Features = [.. row.Features.Select(value => value * 1e38f)], Label = row.Label };
        }
    }
}
