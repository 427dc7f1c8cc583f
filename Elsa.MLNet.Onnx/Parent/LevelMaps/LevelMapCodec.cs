namespace Elsa.MLNet.Onnx;

/// <summary>The bytes of a level map: one byte that names the coding, then its payload (FORMAT.md, "Level maps").</summary>
internal static class LevelMapCodec
{
    const byte Thresholds = 0;
    const byte Entropy = 1;

    /// <summary>Codes a map the shorter way: thresholds where they explain it, else entropy coding.</summary>
    public static byte[] Encode(LevelMap map, in WeightKeys weights)
    {
        if (ThresholdCoding.TryEncode(weights, map.Levels, map.LevelCount) is { } thresholds) return [Thresholds, .. thresholds];
        return EncodeEntropy(map, weights);
    }

    /// <summary>Codes a map by entropy coding, whatever it is.</summary>
    public static byte[] EncodeEntropy(LevelMap map, in WeightKeys weights) =>
        [Entropy, .. EntropyCoding.Encode(weights, map.Levels, map.LevelCount)];

    /// <summary>Decodes a map.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a map of this shape; the message says why.</exception>
    public static LevelMap Decode(ReadOnlySpan<byte> bytes, in WeightKeys weights, long[] shape, int weightCount, int levelCount)
    {
        if (bytes.IsEmpty) throw new InvalidDataException("it is empty");
        // Each coding fills every level, or throws.
        var levels = GC.AllocateUninitializedArray<byte>(weightCount);
        switch (bytes[0])
        {
            case Thresholds: ThresholdCoding.Decode(bytes[1..], weights, levels, levelCount); break;
            case Entropy: EntropyCoding.Decode(bytes[1..], weights, levels, levelCount); break;
            default: throw new InvalidDataException($"it names the coding {bytes[0]}; allowed are 0 (thresholds) and 1 (entropy)");
        }
        return LevelMap.Own(shape, levels, levelCount);
    }
}
