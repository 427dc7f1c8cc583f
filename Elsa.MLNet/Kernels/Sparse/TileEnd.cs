using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>Where a row of a tile goes when a panel's products are added.</summary>
internal unsafe interface ITileEnd
{
    /// <summary>Takes as many vectors as there are.</summary>
    static abstract void Store<TLanes, TVector, TCount>(
        TileResults* results, float* sums, int row, TVector a, TVector b, TVector c, TVector d, TVector e,
        TVector f, TVector g, TVector h)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount;
}

/// <summary>The ways; a kernel is compiled for each, as finishing takes registers.</summary>
internal static unsafe class TileEnd
{
    /// <summary>To the sums.</summary>
    public readonly struct Sums : ITileEnd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<TLanes, TVector, TCount>(
            TileResults* results, float* sums, int row, TVector a, TVector b, TVector c, TVector d, TVector e,
        TVector f, TVector g, TVector h)
            where TLanes : ILanes<TVector>
            where TVector : unmanaged
            where TCount : IVectorCount
        {
            nint width = TCount.Value * TLanes.Count;
            TileEnd.Store<TLanes, TVector, TCount>(sums + row * width, a, b, c, d, e, f, g, h);
        }
    }

    /// <summary>To the results.</summary>
    public readonly struct Results : ITileEnd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store<TLanes, TVector, TCount>(
            TileResults* results, float* sums, int row, TVector a, TVector b, TVector c, TVector d, TVector e,
        TVector f, TVector g, TVector h)
            where TLanes : ILanes<TVector>
            where TVector : unmanaged
            where TCount : IVectorCount
        {
            results->Finish<TLanes, TVector, TCount>(
                row, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
            TileEnd.Store<TLanes, TVector, TCount>(results->Y + row * results->Stride, a, b, c, d, e, f, g, h);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TLanes, TVector, TCount>(
        float* to, TVector a, TVector b, TVector c, TVector d, TVector e, TVector f, TVector g, TVector h)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
    {
        TLanes.Store(a, to);
        if (TCount.Value > 1)
            TLanes.Store(b, to + TLanes.Count);
        if (TCount.Value > 2)
        {
            TLanes.Store(c, to + 2 * TLanes.Count);
            TLanes.Store(d, to + 3 * TLanes.Count);
        }
        if (TCount.Value > 4)
        {
            TLanes.Store(e, to + 4 * TLanes.Count);
            TLanes.Store(f, to + 5 * TLanes.Count);
            TLanes.Store(g, to + 6 * TLanes.Count);
            TLanes.Store(h, to + 7 * TLanes.Count);
        }
    }
}
