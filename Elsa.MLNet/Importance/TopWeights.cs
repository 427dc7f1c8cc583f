using System.Buffers;

namespace Elsa.MLNet;

/// <summary>
/// Keeps the highest scores: at sparsity s, N - round(s N) of N weights, the half rounded to even. Among equal scores the
/// earlier tensor and the lower position are kept.
/// </summary>
internal static class TopWeights
{
    private const int HalfBits = 16, Bins = 1 << HalfBits;

    /// <summary>Per tensor and weight the sparsest level that keeps it; level k has <c>sparsities[k - 1]</c>.</summary>
    public static byte[][] Select(uint[][] scores, IReadOnlyList<double> sparsities)
    {
        var count = scores.Sum(tensor => (long)tensor.Length);
        var levels = scores.Select(tensor => new byte[tensor.Length]).ToArray();
        // Rented, as training chooses masks every few steps.
        var rented = ArrayPool<long>.Shared.Rent(2 * Bins);
        var highHalf = rented.AsSpan(0, Bins);
        var lowHalf = rented.AsSpan(Bins, Bins);
        Count(scores, score => true, score => score >> HalfBits, highHalf);
        foreach (var sparsity in sparsities)
        {
            var kept = count - (long)Math.Round(sparsity * count, MidpointRounding.ToEven);
            var (high, above) = Threshold(highHalf, kept);
            Count(scores, score => score >> HalfBits == high, score => score & (Bins - 1), lowHalf);
            var (low, aboveInBin) = Threshold(lowHalf, kept - above);
            Raise(scores, levels, (uint)(high << HalfBits | low), kept - above - aboveInBin);
        }
        ArrayPool<long>.Shared.Return(rented);
        return levels;
    }

    private static void Count(uint[][] scores, Func<uint, bool> counts, Func<uint, uint> bin, Span<long> histogram)
    {
        histogram.Clear();
        foreach (var tensor in scores)
            foreach (var score in tensor)
                if (counts(score)) histogram[(int)bin(score)]++;
    }

    /// <summary>The bin in which the kept-th highest score lies, and how many lie above that bin.</summary>
    private static (long Bin, long Above) Threshold(ReadOnlySpan<long> histogram, long kept)
    {
        var above = 0L;
        for (var bin = histogram.Length - 1; bin > 0; bin--)
        {
            if (above + histogram[bin] >= kept) return (bin, above);
            above += histogram[bin];
        }
        return (0, above);
    }

    private static void Raise(uint[][] scores, byte[][] levels, uint threshold, long ties)
    {
        for (var tensor = 0; tensor < scores.Length; tensor++)
            for (var position = 0; position < scores[tensor].Length; position++)
                if (scores[tensor][position] > threshold || (scores[tensor][position] == threshold && ties-- > 0))
                    levels[tensor][position]++;
    }
}
