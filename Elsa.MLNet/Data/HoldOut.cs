namespace Elsa.MLNet.Data;

/// <summary>
/// Which rows are held out for measuring and never trained on: a function of seed and position alone, so that every
/// pass over the data agrees.
/// </summary>
/// <param name="seed">Seed of the draw.</param>
/// <param name="fraction">Expected share of the rows that is held out, [0, 1).</param>
internal sealed class HoldOut(int seed, double fraction)
{
    private readonly ulong _key = SplitMix64.Key(seed, SplitMix64.Draw.HoldOut);

    /// <param name="position">0-based position of the row in the data.</param>
    public bool Contains(long position) => SplitMix64.Unit(SplitMix64.At(_key, position)) < fraction;
}
