namespace Elsa.MLNet.Datasets;

/// <summary>
/// A small random source in integer arithmetic alone: a 64-bit congruential state and a permuted 32-bit output
/// (O'Neill, "PCG", HMC-CS-2014-0905, variant XSH RR 64/32). The same seed gives the same numbers on every machine,
/// which <see cref="Random"/> does not promise between versions.
/// </summary>
sealed class Pcg32
{
    const ulong Multiplier = 6364136223846793005;
    readonly ulong _increment;
    ulong _state;

    /// <param name="seed">Where in the sequence to start.</param>
    /// <param name="stream">Which sequence; two streams of one seed never meet.</param>
    public Pcg32(ulong seed, ulong stream)
    {
        _increment = (stream << 1) | 1;
        NextUInt32();
        _state += seed;
        NextUInt32();
    }

    /// <summary>The next 32 bits.</summary>
    public uint NextUInt32()
    {
        var old = _state;
        _state = unchecked(old * Multiplier + _increment);
        return uint.RotateRight((uint)(((old >> 18) ^ old) >> 27), (int)(old >> 59));
    }

    /// <summary>An integer from 0 to <paramref name="count"/> - 1.</summary>
    public int Below(int count) => (int)(((ulong)(uint)count * NextUInt32()) >> 32);

    /// <summary>A number from <paramref name="low"/> (included) to <paramref name="high"/> (not included).</summary>
    public double Between(double low, double high) => low + (high - low) * (NextUInt32() / 4294967296.0);

    /// <summary>A number around 0, bell-shaped, with deviation 1, never beyond 3.5: four uniform numbers
    /// added.</summary>
    public double Bell() => (Between(-1, 1) + Between(-1, 1) + Between(-1, 1) + Between(-1, 1)) * 0.8660254037844386;
}
