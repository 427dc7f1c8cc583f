using Elsa.MLNet.Data;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class ShuffleTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    public void A_pool_that_holds_all_rows_shuffles_evenly()
    {
        const int Rows = 12, Epochs = 2400;
        var batches = TrainingData.Batches(TrainingData.Source(_context, Rows), batch: 1, pool: Rows);
        var counts = new int[Rows, Rows];
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            var place = 0;
            foreach (var position in TrainingData.Positions(batches, epoch)) counts[position, place++]++;
        }
        var expected = Epochs / (double)Rows;
        var chiSquare = counts.Cast<int>().Sum(count => (count - expected) * (count - expected) / expected);
        // (12 - 1)^2 = 121 degrees of freedom, because rows and columns have fixed sums: 99.9 % lie below 174, 99.9 %
        // above 77.
        Assert.IsTrue(chiSquare is > 77 and < 174, $"chi-square {chiSquare}");
    }

    [TestMethod]
    [DataRow(10)]
    [DataRow(100)]
    public void A_smaller_pool_delays_a_row_by_its_size_on_average(int pool)
    {
        const int Rows = 2000;
        var batches = TrainingData.Batches(TrainingData.Source(_context, Rows), batch: 1, pool);
        Assert.AreEqual(pool, batches.PoolRows);
        var delays = Enumerable.Range(0, 5).SelectMany(epoch => TrainingData.Positions(batches, epoch)
            .Select((position, place) => (Position: position, Delay: (double)(place - (position - pool)))))
            .Where(row => row.Position >= pool && row.Position < Rows - 10 * pool)
            .Select(row => row.Delay).ToList();
        // Row p enters the pool with draw p - pool and then waits a geometric time of mean pool and variance pool (pool
        // - 1).
        Assert.AreEqual(pool, delays.Average(), 0.1 * pool);
        Assert.AreEqual(Math.Sqrt(pool * (pool - 1.0)),
            Math.Sqrt(delays.Average(delay => (delay - pool) * (delay - pool))), 0.1 * pool);
    }

    [TestMethod]
    public void The_pool_stays_within_its_memory()
    {
        var source = TrainingData.Source(_context, 10) with { RowCount = long.MaxValue / 2 };
        var rows = RowMemory.Fitting(source.RowCount, sizeof(float) * source.RowSize + sizeof(long) + sizeof(int));
        Assert.AreEqual((int)((1L << 30) / (4 * (4 + 2 + 1) + 12)), rows);
        Assert.AreEqual(1, RowMemory.Fitting(1000, 1L << 40));
    }

    [TestMethod]
    public void An_epoch_allocates_nothing_per_row_or_batch()
    {
        long Allocated(int rows)
        {
            var batches = TrainingData.Batches(TrainingData.Source(_context, rows), batch: 4, pool: 16);
            Run(batches, 0);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(batches, 1);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        var (few, many) = (Allocated(400), Allocated(4000));
        // 900 more batches of 3,600 more rows; what remains is opening the cursor.
        Assert.IsLessThan(64 * 1024, few);
        Assert.IsLessThan(900 * 8, many - few);

        static void Run(TrainingBatches batches, int epoch)
        {
            foreach (var _ in batches.Epoch(epoch, static () => { })) ;
        }
    }
}
