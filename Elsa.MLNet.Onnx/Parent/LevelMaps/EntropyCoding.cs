namespace Elsa.MLNet.Onnx;

/// <summary>
/// Any level map, as arithmetic-coded answers to "is it kept by level 1? by level 2? ..." up to the first no. The estimate
/// of each answer is learnt apart for each level and for each of 16 classes of magnitude, because kept weights tend to be
/// large: the class counts the powers of two from the tensor's largest exponent down.
/// </summary>
internal static class EntropyCoding
{
    const int Classes = 16;
    const int ExponentShift = 23;
    const int ChunkWeights = 4096;

    public static byte[] Encode(in WeightKeys weights, ReadOnlySpan<byte> levels, int levelCount)
    {
        var keys = new uint[Math.Min(ChunkWeights, levels.Length)];
        var largest = LargestExponent(weights, keys, levels.Length);
        var estimates = new AdaptiveBit[Classes * levelCount];
        var encoder = new RangeEncoder();
        for (var start = 0; start < levels.Length; start += ChunkWeights)
        {
            var chunk = weights.Fill(start, keys, levels.Length);
            for (var index = 0; index < chunk.Length; index++)
            {
                var estimate = Class(chunk[index], largest) * levelCount;
                var level = levels[start + index];
                for (var next = 1; next < levelCount; next++)
                {
                    var kept = level >= next;
                    encoder.Encode(kept, estimates[estimate + next].Probability);
                    estimates[estimate + next].Learn(kept);
                    if (!kept) break;
                }
            }
        }
        return encoder.Finish();
    }

    /// <summary>Fills the level of every weight.</summary>
    /// <exception cref="InvalidDataException">The payload is longer or shorter than the map needs.</exception>
    public static void Decode(ReadOnlySpan<byte> payload, in WeightKeys weights, Span<byte> levels, int levelCount)
    {
        var keys = new uint[Math.Min(ChunkWeights, levels.Length)];
        var largest = LargestExponent(weights, keys, levels.Length);
        var estimates = new AdaptiveBit[Classes * levelCount];
        var decoder = new RangeDecoder(payload);
        var start = 0;
        for (var read = decoder.Position; start < levels.Length && read <= payload.Length + RangeEncoder.IntervalBits / 8; read = decoder.Position)
        {
            var chunk = weights.Fill(start, keys, levels.Length);
            for (var index = 0; index < chunk.Length; index++)
            {
                var estimate = Class(chunk[index], largest) * levelCount;
                byte level = 0;
                for (var next = 1; next < levelCount; next++)
                {
                    var kept = decoder.Decode(estimates[estimate + next].Probability);
                    estimates[estimate + next].Learn(kept);
                    if (!kept) break;
                    level++;
                }
                levels[start + index] = level;
            }
            start += chunk.Length;
        }
        if (start < levels.Length || decoder.Position < payload.Length
            || decoder.Position > payload.Length + RangeEncoder.IntervalBits / 8)
            throw new InvalidDataException($"its code of {payload.Length} bytes does not end where the {levels.Length} weights end");
    }

    static uint LargestExponent(in WeightKeys weights, uint[] keys, int count)
    {
        var largest = 0u;
        for (var start = 0; start < count; start += ChunkWeights)
            foreach (var key in weights.Fill(start, keys, count)) largest = Math.Max(largest, key >> ExponentShift);
        return largest;
    }

    static int Class(uint key, uint largestExponent) => (int)Math.Min(Classes - 1, largestExponent - (key >> ExponentShift));
}
