using System.Diagnostics;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>Times actions in turn, A B A B, so that what else the machine does meets all alike.</summary>
internal static class Alternation
{
    private const int LeastRounds = 5;
    private const int MostRounds = 15;
    private const long SampleMicroseconds = 200;

    // .NET compiles hot methods in the background, a tenth of a second after they became hot.
    private const int CompilationMilliseconds = 200;

    private static readonly Lazy<bool> Compiled = new(() =>
    {
        Thread.Sleep(CompilationMilliseconds);
        return true;
    });

    /// <summary>Times each action, all within about the budget; the others are compared with the first.</summary>
    public static IReadOnlyList<Turns> Time(TimeSpan budget, params IReadOnlyList<Action> actions)
    {
        _ = Compiled.Value;
        var clock = Stopwatch.StartNew();
        var repeats = new int[actions.Count];
        for (int i = 0; i < actions.Count; i++)
        {
            actions[i]();
            double once = Microseconds(actions[i], 1);
            repeats[i] = (int)Math.Clamp(SampleMicroseconds / Math.Max(once, 1), 1, 50);
        }
        var samples = actions.Select(_ => new List<double>()).ToArray();
        for (int round = 0; round < MostRounds && (round < LeastRounds || clock.Elapsed < budget); round++)
        {
            for (int turn = 0; turn < actions.Count; turn++)
            {
                // What drifts meets the last action most: every other round goes backwards.
                int i = round % 2 == 0 ? turn : actions.Count - 1 - turn;
                // The first run after another action's meets cold caches and sleeping threads.
                actions[i]();
                samples[i].Add(Microseconds(actions[i], repeats[i]));
            }
        }
        return [.. samples.Select(times => new Turns(
            Median(times), Median(samples[0].Zip(times, (first, own) => first / own))))];
    }

    private static double Microseconds(Action action, int repeats)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
            action();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / repeats;
    }

    private static double Median(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return sorted[sorted.Length / 2];
    }
}

/// <summary>What the turns of one action took.</summary>
/// <param name="Microseconds">The median.</param>
/// <param name="SpeedUp">The first action's time over this one's in the same round: the median of the rounds.</param>
internal readonly record struct Turns(double Microseconds, double SpeedUp);
