using System.Diagnostics;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>Times actions in turn, A B A B, so that what else the machine does meets all alike.</summary>
internal static class Alternation
{
    private const int LeastRounds = 3;
    private const int MostRounds = 15;
    private const long SampleMicroseconds = 200;

    // .NET compiles hot methods in the background, a tenth of a second after they became hot.
    private const int CompilationMilliseconds = 200;

    private static readonly Lazy<bool> Compiled = new(() =>
    {
        Thread.Sleep(CompilationMilliseconds);
        return true;
    });

    /// <summary>Median microseconds of each action, within about <paramref name="budget"/>.</summary>
    public static double[] Medians(TimeSpan budget, params IReadOnlyList<Action> actions)
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
            for (int i = 0; i < actions.Count; i++)
            {
                // The first run after another action's meets cold caches and sleeping threads.
                actions[i]();
                samples[i].Add(Microseconds(actions[i], repeats[i]));
            }
        }
        return [.. samples.Select(Median)];
    }

    private static double Microseconds(Action action, int repeats)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
            action();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / repeats;
    }

    private static double Median(List<double> samples)
    {
        samples.Sort();
        return samples[samples.Count / 2];
    }
}
