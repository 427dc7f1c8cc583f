using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// Runs the parts of a batch on the calling thread and on a few threads that sleep in between. Those of .NET's pool look
/// for more work before they sleep, and take the processor from the parts that still run: a batch in three then took up to
/// twice its time on two processors.
/// </summary>
internal static class SideBySide
{
    private static readonly int Helpers = Environment.ProcessorCount - 1;
    private static readonly Lazy<BlockingCollection<Batch>> Waiting = new(Start);

    /// <summary>Runs all parts. The first failure is thrown when no part runs any more; parts that had not begun by then
    /// are left out.</summary>
    /// <param name="parts">Parts, at least 1.</param>
    /// <param name="threads">Threads at most, with the calling one; no more than processors are used.</param>
    /// <param name="run">Runs the part of a number.</param>
    public static void Run(int parts, int threads, Action<int> run)
    {
        var batch = new Batch(parts, run);
        int helpers = Math.Min(Math.Min(parts, threads) - 1, Helpers);
        for (int i = 0; i < helpers; i++)
            Waiting.Value.Add(batch);
        batch.TakePart();
        batch.Wait();
    }

    private static BlockingCollection<Batch> Start()
    {
        var waiting = new BlockingCollection<Batch>();
        for (int i = 0; i < Helpers; i++)
        {
            var thread = new Thread(() =>
            {
                foreach (var batch in waiting.GetConsumingEnumerable())
                    batch.TakePart();
            })
            {
                IsBackground = true,
                Name = "Elsa.MLNet batch",
            };
            thread.Start();
        }
        return waiting;
    }

    /// <summary>Parts of which each thread takes the next one until there are no more.</summary>
    private sealed class Batch(int parts, Action<int> run)
    {
        // A monitor, as a late thread may still hold what would have to be disposed.
        private readonly object _gate = new();
        private int _next;
        private int _ran;
        private ExceptionDispatchInfo? _failure;

        /// <summary>Nothing if the batch is over: a thread may come late.</summary>
        public void TakePart()
        {
            for (int part; (part = Interlocked.Increment(ref _next) - 1) < parts;)
            {
                try
                {
                    if (_failure is null)
                        run(part);
                }
                catch (Exception failure) // Wait throws it, on the thread that the batch is of.
                {
                    Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(failure), null);
                }
                if (Interlocked.Increment(ref _ran) < parts)
                    continue;
                lock (_gate)
                    Monitor.Pulse(_gate);
            }
        }

        public void Wait()
        {
            // The last parts end at about the same time.
            for (var spinner = new SpinWait(); Volatile.Read(ref _ran) < parts && !spinner.NextSpinWillYield;)
                spinner.SpinOnce();
            lock (_gate)
            {
                while (Volatile.Read(ref _ran) < parts)
                    Monitor.Wait(_gate);
            }
            _failure?.Throw();
        }
    }
}
