using Elsa.MLNet.Data;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class TrainingBatchesTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    [DataRow(1000)]
    [DataRow(37)]
    [DataRow(1)]
    public void Every_training_row_comes_once_per_epoch_and_held_out_rows_never(int pool)
    {
        var holdOut = new HoldOut(3, 0.3);
        var training = TrainingData.TrainingPositions(200, holdOut);
        var batches = TrainingData.Batches(TrainingData.Source(_context, 200, holdOut), batch: 1, pool);
        Assert.AreEqual(training.Length, batches.StepsPerEpoch);
        for (var epoch = 0; epoch < 3; epoch++)
            Assert.AreSequenceEqual(training, TrainingData.Positions(batches, epoch).Order());
    }

    [TestMethod]
    public void Inputs_and_labels_stay_with_their_rows()
    {
        var batches = TrainingData.Batches(TrainingData.Source(_context, 90, new HoldOut(3, 0.3)), batch: 7, pool: 10);
        var rows = 0;
        foreach (var batch in batches.Epoch(0, () => { }))
            for (var row = 0; row < batches.BatchSize; row++, rows++)
            {
                var expected = TrainingData.Row((int)batch.Positions[row]);
                Assert.AreSequenceEqual(expected.Features, batch.Input(row).ToArray());
                Assert.AreSequenceEqual(expected.Target, batch.Label(0, row).ToArray());
                Assert.AreSequenceEqual([expected.Class], batch.Label(1, row).ToArray());
            }
        Assert.AreEqual(batches.StepsPerEpoch * 7, rows);
    }

    [TestMethod]
    public void Rows_that_fill_no_batch_are_left_out_evenly_over_the_epochs()
    {
        var batches = TrainingData.Batches(TrainingData.Source(_context, 19), batch: 10, pool: 3);
        Assert.AreEqual(1, batches.StepsPerEpoch);
        const int Epochs = 1000;
        var drawn = new int[19];
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            var positions = TrainingData.Positions(batches, epoch);
            Assert.HasCount(10, positions.Distinct());
            foreach (var position in positions) drawn[position]++;
        }
        // Each row is drawn binomially: mean 526, deviation 15.8. Five deviations for 19 rows.
        foreach (var count in drawn) Assert.AreEqual(Epochs * 10.0 / 19, count, 79);
    }

    [TestMethod]
    public void Fewer_rows_than_a_batch_make_one_batch_of_them_all()
    {
        var batches = TrainingData.Batches(TrainingData.Source(_context, 5), batch: 64, pool: 1000);
        Assert.AreEqual((5, 1, 5), (batches.BatchSize, batches.StepsPerEpoch, batches.PoolRows));
        Assert.AreSequenceEqual([0L, 1, 2, 3, 4], TrainingData.Positions(batches, 0).Order());
    }

    [TestMethod]
    [DataRow(1000)]
    [DataRow(16)]
    public void An_epoch_depends_on_seed_and_number_alone(int pool)
    {
        var source = TrainingData.Source(_context, 100, new HoldOut(1, 0.2));
        var one = TrainingData.Batches(source, batch: 8, pool);
        var epochs = Enumerable.Range(0, 4).Select(epoch => TrainingData.Positions(one, epoch)).ToList();
        Assert.AreSequenceEqual(epochs[3], TrainingData.Positions(TrainingData.Batches(source, batch: 8, pool), 3));
        Assert.IsFalse(epochs[3].SequenceEqual(epochs[2]));
        Assert.IsFalse(epochs[3].SequenceEqual(TrainingData.Positions(TrainingData.Batches(source, batch: 8, pool,
            seed: 6), 3)));
    }

    [TestMethod]
    public void An_epoch_that_was_left_early_changes_no_later_one()
    {
        var source = TrainingData.Source(_context, 100);
        var batches = TrainingData.Batches(source, batch: 8, pool: 20);
        foreach (var _ in batches.Epoch(0, () => { })) break;
        Assert.AreSequenceEqual(TrainingData.Positions(TrainingData.Batches(source, batch: 8, pool: 20), 1),
            TrainingData.Positions(batches, 1));
    }

    [TestMethod]
    public void Sampling_and_training_agree_on_the_sides()
    {
        var options = new ElsaSparsifyOptions { OutputColumnName = "Score", Seed = 9, HoldOutFraction = 0.25 };
        var data = TrainingData.View(_context, 300);
        var drawn = new RowSampler(options, new RowInputs([typeof(float)], [[TrainingData.Size]]))
            .Draw(data, [data.Schema["Features"]], null, () => { });
        Assert.AreEqual(300, drawn.TrainingRowCount + drawn.HeldOutRowCount);
        Assert.AreEqual(drawn.TrainingRowCount, drawn.Calibration.Count);
        var source =
            TrainingData.Source(_context, 300, new HoldOut(9, 0.25)) with { RowCount = drawn.TrainingRowCount };
        var trained = TrainingData.Positions(TrainingData.Batches(source, batch: 1, pool: 50), 0).ToHashSet();
        Assert.HasCount((int)drawn.TrainingRowCount, trained);
        // A row's first value is its position.
        Assert.IsTrue(Positions(drawn.Calibration).All(trained.Contains));
        Assert.IsFalse(Positions(drawn.Evaluation).Any(trained.Contains));

        static IEnumerable<long> Positions(SampledRows rows) =>
            Enumerable.Range(0, rows.Count).Select(row => (long)((IRowValues<float>)rows.Inputs[0]).Row(row)[0]);
    }

    [TestMethod]
    public void Augmentation_depends_on_seed_epoch_and_position_alone()
    {
        var noise = ElsaAugmentation.From("noise", (row, _, random) => row[1] = random.NextSingle());
        var source = TrainingData.Source(_context, 60);
        Dictionary<long, float> Drawn(int batch, int pool, int epoch)
        {
            var values = new Dictionary<long, float>();
            var batches = new TrainingBatches(source, batch, pool, 5, noise);
            foreach (var rows in batches.Epoch(epoch, () => { }))
                for (var row = 0; row < batches.BatchSize; row++) values[rows.Positions[row]] = rows.Input(row)[1];
            return values;
        }
        var first = Drawn(batch: 10, pool: 100, epoch: 2);
        var second = Drawn(batch: 6, pool: 7, epoch: 2);
        var other = Drawn(batch: 6, pool: 7, epoch: 1);
        Assert.HasCount(60, first);
        Assert.HasCount(60, first.Values.Distinct());
        Assert.IsTrue(first.All(row => second[row.Key] == row.Value && other[row.Key] != row.Value));
    }

    [TestMethod]
    public void Held_out_rows_are_not_even_fetched()
    {
        var holdOut = new HoldOut(3, 0.5);
        var held = Enumerable.Range(0, 100).Where(row => holdOut.Contains(row)).ToHashSet();
        var data =
            TrainingData.View(_context, 100, row =>
                held.Contains(row.Number) ? row with { Features = [float.NaN, 0, 0, 0] } : row);
        var batches =
            TrainingData.Batches(TrainingData.Source(data, TrainingData.TrainingPositions(100, holdOut).Length,
                holdOut), batch: 5, pool: 9);
        Assert.HasCount(batches.StepsPerEpoch * 5, TrainingData.Positions(batches, 0));
    }
}
