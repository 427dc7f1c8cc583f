using System.Diagnostics;

namespace Elsa.MLNet.Benchmarks.Checks;

/// <summary>
/// Two actions that take turns, A B A B: each turn rests until the other's threads sleep, runs once to wake its own and to
/// warm the caches, and is then timed over about a millisecond.
/// </summary>
static class TurnTaking
{
    const int RestMilliseconds = 3;
    const double SampleSeconds = 0.001;
    const int MostRuns = 200;

    // .NET compiles what has become hot anew, in the background.
    const double WarmUpSeconds = 0.15;

    /// <summary>Per round the first action's time over the second's.</summary>
    public static Ratios Ratios(Action first, Action second, int rounds)
    {
        var (firstRuns, secondRuns) = (Runs(first), Runs(second));
        return new Ratios(Enumerable.Range(0, rounds).Select(_ => Seconds(first, firstRuns) / Seconds(second, secondRuns)).ToList());
    }

    static int Runs(Action action)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < WarmUpSeconds;) action();
        return (int)Math.Clamp(SampleSeconds / Seconds(action, 1), 2, MostRuns);
    }

    static double Seconds(Action action, int runs)
    {
        Thread.Sleep(RestMilliseconds);
        // Threads that slept are on processors of their own only after a while.
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < SampleSeconds;) action();
        var start = Stopwatch.GetTimestamp();
        for (var run = 0; run < runs; run++) action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / runs;
    }
}
