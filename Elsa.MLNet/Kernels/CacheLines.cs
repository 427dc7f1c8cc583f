namespace Elsa.MLNet.Kernels;

/// <summary>Strides that do not map lines of memory to the same few sets of a cache.</summary>
internal static class CacheLines
{
    /// <summary>Floats of a cache line.</summary>
    private const int Floats = 16;

    /// <summary>At least this many floats, in an odd number of cache lines.</summary>
    public static int Odd(int floats) => ((floats + Floats - 1) / Floats | 1) * Floats;
}
