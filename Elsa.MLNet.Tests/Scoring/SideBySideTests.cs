using Elsa.MLNet.Scoring;

namespace Elsa.MLNet.Tests.Scoring;

[TestClass]
public sealed class SideBySideTests
{
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(1, 4)]
    [DataRow(7, 1)]
    [DataRow(7, 2)]
    [DataRow(300, 5)]
    public void Every_part_runs_once(int parts, int threads)
    {
        var runs = new int[parts];
        SideBySide.Run(parts, threads, part => Interlocked.Increment(ref runs[part]));
        Assert.IsTrue(runs.All(count => count == 1));
    }

    [TestMethod]
    public void Batches_of_many_threads_do_not_wait_for_each_other()
    {
        const int Batches = 200, Parts = 6;
        var runs = new int[8 * Parts];
        using var start = new Barrier(8);
        var callers = Enumerable.Range(0, 8).Select(caller => new Thread(() =>
        {
            start.SignalAndWait();
            for (var batch = 0; batch < Batches; batch++)
                SideBySide.Run(Parts, 3, part => Interlocked.Increment(ref runs[caller * Parts + part]));
        })).ToList();
        callers.ForEach(caller => caller.Start());
        callers.ForEach(caller => caller.Join());
        Assert.IsTrue(runs.All(count => count == Batches));
    }

    [TestMethod]
    public void A_failure_is_thrown_when_no_part_runs_any_more_and_the_next_batch_runs()
    {
        var running = 0;
        for (var round = 0; round < 50; round++)
        {
            var error = Assert.ThrowsExactly<InvalidOperationException>(() => SideBySide.Run(8, 4, part =>
            {
                Interlocked.Increment(ref running);
                Thread.SpinWait(1000);
                Interlocked.Decrement(ref running);
                if (part is 2 or 3) throw new InvalidOperationException($"part {part}");
            }));
            Assert.StartsWith("part ", error.Message);
            Assert.AreEqual(0, running);
        }
        Every_part_runs_once(20, 4);
    }

    [TestMethod]
    public void After_a_failure_no_part_begins()
    {
        var ran = new List<int>();
        Assert.ThrowsExactly<InvalidOperationException>(() => SideBySide.Run(5, 1, part =>
        {
            ran.Add(part);
            if (part == 1) throw new InvalidOperationException();
        }));
        Assert.AreSequenceEqual([0, 1], ran);
    }
}
