namespace Elsa.MLNet.Data;

/// <summary>
/// Random numbers by counting (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"): number n
/// of a key is a function of both, so that any of them can be had without those before it.
/// </summary>
internal static class SplitMix64
{
    /// <summary>What is drawn; the draws of one seed are independent of each other.</summary>
    public enum Draw
    {
        HoldOut = 1,
        Shuffle = 2,
        Augmentation = 3,
    }

    /// <summary>Number <paramref name="counter"/> of a key.</summary>
    public static ulong At(ulong key, long counter)
    {
        var z = key + ((ulong)counter + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>The key of a seed for one kind of draw.</summary>
    public static ulong Key(int seed, Draw draw) => At((uint)seed, (long)draw);

    /// <summary>The upper 53 bits as a number in [0, 1).</summary>
    public static double Unit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));
}
