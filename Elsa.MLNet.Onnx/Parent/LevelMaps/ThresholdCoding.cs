using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// A level map that magnitude alone explains, as one threshold per sparse level: the weight at position p with magnitude
/// key q is kept by level k when q is larger than the threshold t(k), or equal to it and p below the tie limit i(k).
/// </summary>
internal static class ThresholdCoding
{
    public const int BytesPerLevel = 12;

    const int ChunkWeights = 4096;

    /// <summary>The payload, or null if the map is not one of thresholds.</summary>
    public static byte[]? TryEncode(in WeightKeys weights, ReadOnlySpan<byte> levels, int levelCount)
    {
        var keys = new uint[Math.Min(ChunkWeights, levels.Length)];
        var payload = new byte[(levelCount - 1) * BytesPerLevel];
        var leastKept = new uint[levelCount];
        var tieLimit = new long[levelCount];
        Array.Fill(leastKept, uint.MaxValue >> 1);
        for (var start = 0; start < levels.Length; start += ChunkWeights)
        {
            var chunk = weights.Fill(start, keys, levels.Length);
            for (var index = 0; index < chunk.Length; index++)
                for (var level = levels[start + index]; level > 0; level--)
                    if (chunk[index] < leastKept[level]) (leastKept[level], tieLimit[level]) = (chunk[index], start + index + 1);
                    else if (chunk[index] == leastKept[level]) tieLimit[level] = start + index + 1;
        }
        for (var level = 1; level < levelCount; level++)
        {
            var entry = payload.AsSpan((level - 1) * BytesPerLevel);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, leastKept[level]);
            BinaryPrimitives.WriteInt64LittleEndian(entry[4..], tieLimit[level]);
        }
        var decoded = new byte[levels.Length];
        Decode(payload, weights, decoded, levelCount);
        return decoded.AsSpan().SequenceEqual(levels) ? payload : null;
    }

    /// <summary>Fills the level of every weight.</summary>
    /// <exception cref="InvalidDataException">The payload has a wrong length, or its thresholds do not nest.</exception>
    public static void Decode(ReadOnlySpan<byte> payload, in WeightKeys weights, Span<byte> levels, int levelCount)
    {
        if (payload.Length != (levelCount - 1) * BytesPerLevel)
            throw new InvalidDataException($"{payload.Length} bytes of thresholds; {levelCount - 1} sparse levels need " +
                $"{(levelCount - 1) * BytesPerLevel}");
        var thresholds = new (uint Key, long TieLimit)[levelCount - 1];
        for (var index = 0; index < thresholds.Length; index++)
        {
            var entry = payload[(index * BytesPerLevel)..];
            var threshold = (Key: BinaryPrimitives.ReadUInt32LittleEndian(entry), TieLimit: BinaryPrimitives.ReadInt64LittleEndian(entry[4..]));
            if (threshold.Key > int.MaxValue || threshold.TieLimit < 0 || threshold.TieLimit > levels.Length)
                throw new InvalidDataException($"the threshold of level {index + 1} is ({threshold.Key}, {threshold.TieLimit}); " +
                    $"allowed are keys up to {int.MaxValue} and tie limits 0 to {levels.Length}");
            if (index > 0 && (threshold.Key < thresholds[index - 1].Key
                || (threshold.Key == thresholds[index - 1].Key && threshold.TieLimit > thresholds[index - 1].TieLimit)))
                throw new InvalidDataException($"level {index + 1} keeps weights that level {index} drops; levels must nest");
            thresholds[index] = threshold;
        }

        // Between two tie limits the rule is one comparison per level: q >= t(k) below the limit, q >= t(k) + 1 from it on.
        var cuts = thresholds.Select(threshold => threshold.TieLimit).Append(levels.Length).Distinct().Order().ToArray();
        var least = new uint[thresholds.Length];
        var keys = new uint[Math.Min(ChunkWeights, levels.Length)];
        var from = 0;
        foreach (var cut in cuts)
        {
            for (var level = 0; level < least.Length; level++)
                least[level] = thresholds[level].Key + (from < thresholds[level].TieLimit ? 0u : 1u);
            for (; from < cut; from += Math.Min(ChunkWeights, (int)cut - from))
                CountReached(weights.Fill(from, keys, (int)cut), least, levels[from..]);
        }
    }

    /// <summary>levels[p] = number of thresholds that keys[p] reaches.</summary>
    static void CountReached(ReadOnlySpan<uint> keys, ReadOnlySpan<uint> least, Span<byte> levels)
    {
        var position = 0;
        var width = Vector<uint>.Count;
        for (; position <= keys.Length - 4 * width; position += 4 * width)
        {
            var block = MemoryMarshal.Cast<uint, Vector<uint>>(keys.Slice(position, 4 * width));
            Vector<uint> a = default, b = default, c = default, d = default;
            foreach (var threshold in least)
            {
                var bound = new Vector<uint>(threshold);
                a -= Vector.GreaterThanOrEqual(block[0], bound);
                b -= Vector.GreaterThanOrEqual(block[1], bound);
                c -= Vector.GreaterThanOrEqual(block[2], bound);
                d -= Vector.GreaterThanOrEqual(block[3], bound);
            }
            Vector.Narrow(Vector.Narrow(a, b), Vector.Narrow(c, d)).CopyTo(levels[position..]);
        }
        for (; position < keys.Length; position++)
        {
            byte level = 0;
            foreach (var threshold in least)
                if (keys[position] >= threshold) level++;
            levels[position] = level;
        }
    }
}
