using Elsa.MLNet.Data;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class TrainingBatchErrorTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.NegativeInfinity)]
    public void An_input_that_is_not_finite_names_row_and_column(float value)
    {
        var data =
            TrainingData.View(_context, 20, row => row.Number == 13 ? row with { Features = [1, 2, value, 4] } : row);
        var error = Assert.ThrowsExactly<ArgumentException>(() => Read(TrainingData.Source(data, 20)));
        StringAssert.StartsWith(error.Message, "Value 2 of column 'Features' in row 13 is ");
    }

    [TestMethod]
    [DataRow(19)]
    [DataRow(17)]
    public void Fewer_rows_than_counted_are_found(int rows) => Changed(
        TrainingData.Source(TrainingData.View(_context, rows), 20), $"it has {rows} instead of the 20 training rows");

    [TestMethod]
    [DataRow(21)]
    [DataRow(40)]
    public void More_rows_than_counted_are_found(int rows) => Changed(
        TrainingData.Source(TrainingData.View(_context, rows), 20), "it has more than the 20 training rows");

    [TestMethod]
    public void A_row_of_another_length_than_its_column_promises_names_row_and_column()
    {
        var data = TrainingData.View(_context, 20, row => row.Number == 4 ? row with { Target = [1] } : row);
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Read(TrainingData.Source(data, 20)));
        StringAssert.Contains(error.Message, "'Target'");
        data = TrainingData.View(_context, 20, row => row.Number == 4 ? row with { Features = [1] } : row);
        error = Assert.ThrowsExactly<InvalidOperationException>(() => Read(TrainingData.Source(data, 20)));
        StringAssert.Contains(error.Message, "'Features'");
    }

    [TestMethod]
    public void A_column_of_another_size_than_the_input_is_refused()
    {
        var error =
            Assert.ThrowsExactly<ArgumentException>(() =>
                Read(TrainingData.Source(_context, 20) with { InputDimensions = [3, 2] }));
        StringAssert.StartsWith(error.Message, "Column 'Features' is Vector<Single, 4>, but the model's input wants " +
            "[3, 2], 6 values a row.");
    }

    [TestMethod]
    public void No_training_rows_are_refused() => StringAssert.StartsWith(
        Assert.ThrowsExactly<ArgumentException>(() =>
            Read(TrainingData.Source(_context, 20) with { RowCount = 0 })).Message,
        "No row is left to train on");

    [TestMethod]
    public void A_batch_larger_than_an_array_is_refused()
    {
        var source = TrainingData.Source(_context, 20) with { RowCount = 1L << 40 };
        var error =
            Assert.ThrowsExactly<ArgumentException>(() => TrainingData.Batches(source, batch: 1 << 30, pool: 1));
        Assert.AreEqual("batchSize", error.ParamName);
        StringAssert.StartsWith(error.Message, "A batch of 1073741824 rows of 7 values is more than");
    }

    [TestMethod]
    public void A_batch_or_pool_without_rows_is_refused()
    {
        var source = TrainingData.Source(_context, 20);
        Assert.AreEqual("batchSize",
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TrainingData.Batches(source, 0, 5)).ParamName);
        Assert.AreEqual("poolRows",
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TrainingData.Batches(source, 5, 0)).ParamName);
        Assert.AreEqual("epoch", Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => TrainingData.Batches(source, 5, 5).Epoch(-1, () => { })).ParamName);
    }

    [TestMethod]
    public void Two_epochs_at_once_are_refused()
    {
        var batches = TrainingData.Batches(TrainingData.Source(_context, 20), 5, 5);
        using var first = batches.Epoch(0, () => { }).GetEnumerator();
        Assert.IsTrue(first.MoveNext());
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => TrainingData.Positions(batches, 1));
        StringAssert.StartsWith(error.Message, "Another epoch is being read");
    }

    [TestMethod]
    public void An_augmentation_that_makes_a_value_infinite_names_row_and_column()
    {
        var bad = ElsaAugmentation.From("bad", (row, _, _) => row[3] = row[0] == 13 ? 1 / 0f : 0);
        var batches = new TrainingBatches(TrainingData.Source(_context, 20), 5, 5, 1, bad);
        var error = Assert.ThrowsExactly<ArgumentException>(() => TrainingData.Positions(batches, 0));
        StringAssert.StartsWith(error.Message, "The augmentation made value 3 of column 'Features' in row 13 Infinity");
    }

    [TestMethod]
    public void A_cancelled_epoch_stops_before_the_next_batch_and_while_the_pool_fills()
    {
        var stop = false;
        void Cancelled()
        {
            if (stop) throw new OperationCanceledException();
        }
        using var epoch =
            TrainingData.Batches(TrainingData.Source(_context, 20), 5, 5).Epoch(0, Cancelled).GetEnumerator();
        Assert.IsTrue(epoch.MoveNext());
        stop = true;
        Assert.ThrowsExactly<OperationCanceledException>(() => epoch.MoveNext());

        var asked = 0;
        using var filling = TrainingData.Batches(TrainingData.Source(_context, 5000), 5, 5000)
            .Epoch(0, () => { if (++asked == 3) throw new OperationCanceledException(); }).GetEnumerator();
        Assert.ThrowsExactly<OperationCanceledException>(() => filling.MoveNext());
    }

    private static void Changed(TrainingSource source, string found)
    {
        foreach (var pool in (int[])[3, 1000])
        {
            var error = Assert.ThrowsExactly<InvalidOperationException>(() => Read(source, pool));
            StringAssert.StartsWith(error.Message, "The data changed while fitting: ");
            StringAssert.Contains(error.Message, found);
        }
    }

    private static void Read(TrainingSource source, int pool = 5) =>
        TrainingData.Positions(TrainingData.Batches(source, 6, pool), 0);
}
