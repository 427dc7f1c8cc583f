using System.Runtime.InteropServices;

namespace Elsa.MLNet.Data;

/// <summary>
/// The numbers of a key (<see cref="SplitMix64"/>) as a <see cref="Random"/>, which starts again for every row without
/// allocating. The same on every machine and version of .NET.
/// </summary>
internal sealed class CounterRandom(ulong key) : Random
{
    private ulong _key = key;
    private long _count;

    public void Restart(ulong key) => (_key, _count) = (key, 0);

    public override int Next() => (int)Below(int.MaxValue);

    public override int Next(int maxValue) => (int)NextInt64(0, maxValue);

    public override int Next(int minValue, int maxValue) => (int)NextInt64(minValue, maxValue);

    public override long NextInt64() => (long)Below(long.MaxValue);

    public override long NextInt64(long maxValue) => NextInt64(0, maxValue);

    public override long NextInt64(long minValue, long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        return minValue == maxValue ? minValue : minValue + (long)Below((ulong)(maxValue - minValue));
    }

    public override double NextDouble() => SplitMix64.Unit(Bits());

    public override float NextSingle() => (Bits() >> 40) * (1f / (1 << 24));

    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    public override void NextBytes(Span<byte> buffer)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(buffer);
        foreach (ref var word in words) word = Bits();
        foreach (ref var rest in buffer[(words.Length * sizeof(ulong))..]) rest = (byte)Bits();
    }

    protected override double Sample() => NextDouble();

    private ulong Bits() => SplitMix64.At(_key, _count++);

    /// <summary>Evenly in [0, range) but for a bias below range / 2^64 (Lemire 2019, arXiv 1805.10941).</summary>
    private ulong Below(ulong range) => Math.BigMul(Bits(), range, out _);
}
