using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// Where the results of a tile go if all its positions are results that follow each other there: they are finished while
/// the sums are in registers, and the memory takes in a row while the next one is computed.
/// </summary>
internal unsafe struct TileResults
{
    /// <summary>What becomes of the sums, see <see cref="SparseTile.Finishes"/>.</summary>
    public Epilogue Epilogue;

    /// <summary>Row of the weights that is row 0 of the chunk.</summary>
    public int FirstRow;

    /// <summary>Further addends, laid out like y, or null.</summary>
    public float* Addend;

    /// <summary>Receives the results; not the addend. Row 0 of the chunk.</summary>
    public float* Y;

    /// <summary>From one row's results to the next.</summary>
    public long Stride;

    /// <summary>Makes the sums of a row of the chunk its results; of as many vectors as there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Finish<TLanes, TVector, TCount>(
        int row, ref TVector a, ref TVector b, ref TVector c, ref TVector d, ref TVector e, ref TVector f, ref TVector g,
        ref TVector h)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
    {
        int weightRow = FirstRow + row;
        float* scales = Epilogue.Scale, shifts = Epilogue.Shift;
        TVector scale = TLanes.Create(scales is null ? 1 : scales[weightRow]);
        TVector shift = TLanes.Create(shifts is null ? 0 : shifts[weightRow]);
        TVector least = TLanes.Create(Epilogue.Least), most = TLanes.Create(Epilogue.Most);
        float* addend = Addend is null ? null : Addend + row * Stride;
        a = Finish<TLanes, TVector>(a, scale, shift, addend, 0, least, most);
        if (TCount.Value > 1)
            b = Finish<TLanes, TVector>(b, scale, shift, addend, TLanes.Count, least, most);
        if (TCount.Value > 2)
        {
            c = Finish<TLanes, TVector>(c, scale, shift, addend, 2 * TLanes.Count, least, most);
            d = Finish<TLanes, TVector>(d, scale, shift, addend, 3 * TLanes.Count, least, most);
        }
        if (TCount.Value > 4)
        {
            e = Finish<TLanes, TVector>(e, scale, shift, addend, 4 * TLanes.Count, least, most);
            f = Finish<TLanes, TVector>(f, scale, shift, addend, 5 * TLanes.Count, least, most);
            g = Finish<TLanes, TVector>(g, scale, shift, addend, 6 * TLanes.Count, least, most);
            h = Finish<TLanes, TVector>(h, scale, shift, addend, 7 * TLanes.Count, least, most);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Finish<TLanes, TVector>(
        TVector sum, TVector scale, TVector shift, float* addend, int at, TVector least, TVector most)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        var value = TLanes.MultiplyAdd(sum, scale, shift);
        if (addend is not null)
            value = TLanes.Add(value, TLanes.Load(addend + at));
        return TLanes.Clamp(value, least, most);
    }
}
