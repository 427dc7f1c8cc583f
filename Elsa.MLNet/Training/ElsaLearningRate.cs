using System.Globalization;

namespace Elsa.MLNet;

/// <summary>The learning rate over the steps of a level.</summary>
public sealed class ElsaLearningRate
{
    private readonly double _start;
    private readonly double _end;
    private readonly bool _cosine;
    private readonly double _warmUp;

    private ElsaLearningRate(double start, double end, bool cosine, double warmUp) =>
        (_start, _end, _cosine, _warmUp) = (start, end, cosine, warmUp);

    /// <summary>The same rate at every step.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not a finite number above 0.</exception>
    public static ElsaLearningRate Constant(double rate) => new(Checked(rate, nameof(rate)), rate, false, 0);

    /// <summary>
    /// end + (start - end) (1 + cos(pi t / T)) / 2 at step t of T (Loshchilov and Hutter 2017, arXiv 1608.03983).
    /// </summary>
    /// <param name="start">Rate of the first step.</param>
    /// <param name="end">Rate towards the end, 0 to start. The default value is 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate is out of its range.</exception>
    public static ElsaLearningRate Cosine(double start, double end = 0) => new(
        Checked(start, nameof(start)),
        end >= 0 && end <= start ? end : throw new ArgumentOutOfRangeException(nameof(end), end,
            $"The learning rate's end is {Text(end)}; allowed are 0 to its start, {Text(start)}."),
        true, 0);

    /// <summary>The same with a linear rise from 0 over the first share of the steps.</summary>
    /// <param name="share">Share of a level's steps, above 0 to below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is out of its range.</exception>
    public ElsaLearningRate WithWarmUp(double share) => share is > 0 and < 1 ? new(_start, _end, _cosine, share)
        : throw new ArgumentOutOfRangeException(nameof(share), share, $"The warm-up's share of the steps is {Text(share)}; allowed is " +
            "above 0 to below 1.");

    /// <summary>Name in the manifest, with its numbers.</summary>
    public string Name => (_cosine ? $"cosine({Text(_start)} to {Text(_end)})" : $"constant({Text(_start)})")
        + (_warmUp > 0 ? $", warm-up {Text(_warmUp)}" : "");

    /// <summary>The rate of step t = 0..T-1 of a level.</summary>
    internal float At(long step, long steps)
    {
        var warm = (long)Math.Ceiling(_warmUp * steps);
        if (step < warm) return (float)(_start * (step + 1) / (warm + 1));
        if (!_cosine) return (float)_start;
        return (float)(_end + (_start - _end) * (1 + Math.Cos(Math.PI * (step - warm) / (steps - warm))) / 2);
    }

    private static double Checked(double rate, string name) => (float)rate > 0 && float.IsFinite((float)rate) ? rate
        : throw new ArgumentOutOfRangeException(name, rate, $"The learning rate is {Text(rate)}; allowed are finite float32 numbers above 0.");

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
