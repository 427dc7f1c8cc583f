using System.Numerics;

namespace Elsa.MLNet.Tests.Format;

/// <summary>Level maps decoded from the sentences of FORMAT.md alone, with none of the library's code: R26 to R28 and R31 to R35.</summary>
static class TextbookDecoder
{
    /// <summary>R27, R28.</summary>
    public static int[] Thresholds(byte[] payload, uint[] keys)
    {
        var levels = payload.Length / 12;
        return [.. keys.Select((q, p) => Enumerable.Range(0, levels).Count(level =>
        {
            var t = BitConverter.ToUInt32(payload, 12 * level);
            var i = BitConverter.ToInt64(payload, 12 * level + 4);
            return q > t || (q == t && p < i);
        }))];
    }

    /// <summary>R31 to R35.</summary>
    public static int[] Entropy(byte[] payload, uint[] keys, int levelCount)
    {
        var estimates = new Dictionary<(long Class, int Decision), (BigInteger D, int N)>();
        var largest = keys.Max(key => key >> 23);
        var read = 0;
        BigInteger Next() => read++ < payload.Length ? payload[read - 1] : 0;
        var range = BigInteger.Pow(2, 56) - 1;
        var code = BigInteger.Zero;
        for (var count = 0; count < 7; count++) code = code * 256 + Next();
        var result = new int[keys.Length];
        for (var weight = 0; weight < keys.Length; weight++)
            for (var j = 1; j < levelCount; j++)
            {
                var at = (Math.Min(15L, largest - (keys[weight] >> 23)), j);
                var (d, n) = estimates.GetValueOrDefault(at);
                var bound = range / 65536 * (32768 + d);
                var bit = code < bound;
                if (bit) range = bound;
                else (code, range) = (code - bound, range - bound);
                for (; range < BigInteger.Pow(2, 48); range *= 256) code = code * 256 + Next();
                BigInteger target = bit ? 32736 : -32736;
                estimates[at] = (d + Floor((target - d) * (131072 / (2 * n + 5)), 65536), Math.Min(n + 1, 1022));
                if (!bit) break;
                result[weight]++;
            }
        Assert.IsTrue(read >= payload.Length && read <= payload.Length + 7, $"{read} bytes read of {payload.Length}");
        return result;
    }

    static BigInteger Floor(BigInteger value, BigInteger by) => (value - (value % by + by) % by) / by;
}
