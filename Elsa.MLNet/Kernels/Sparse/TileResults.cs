using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// Where the results of a chunk's rows go, if all positions of the tile are results that follow each other there: they are
/// finished while the sums are in registers, and the memory takes in a row while the next one is computed.
/// </summary>
internal readonly unsafe struct TileResults
{
    private readonly float* _scales;
    private readonly float* _shifts;
    private readonly float* _addend;
    private readonly float _least;
    private readonly float _most;

    /// <param name="epilogue">What becomes of the sums, see <see cref="SparseTile.Finishes"/>.</param>
    /// <param name="firstRow">Row of the weights that is row 0 of the chunk.</param>
    /// <param name="addend">Further addends, laid out like y, or null.</param>
    /// <param name="y">Receives the results; not the addend. Row 0 of the chunk.</param>
    /// <param name="stride">From one row's results to the next.</param>
    public TileResults(in Epilogue epilogue, int firstRow, float* addend, float* y, long stride)
    {
        _scales = epilogue.Scale is null ? null : epilogue.Scale + firstRow;
        _shifts = epilogue.Shift is null ? null : epilogue.Shift + firstRow;
        (_least, _most) = (epilogue.Least, epilogue.Most);
        _addend = addend;
        Y = y;
        Stride = (nint)stride;
    }

    public float* Y { get; }

    public nint Stride { get; }

    /// <summary>Makes the sums of a row of the chunk its results; of as many vectors as there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Finish<TLanes, TVector, TCount>(
        int row, ref TVector a, ref TVector b, ref TVector c, ref TVector d, ref TVector e, ref TVector f, ref TVector g,
        ref TVector h)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
    {
        TVector scale = TLanes.Create(_scales is null ? 1 : _scales[row]);
        TVector shift = TLanes.Create(_shifts is null ? 0 : _shifts[row]);
        TVector least = TLanes.Create(_least), most = TLanes.Create(_most);
        float* addend = _addend is null ? null : _addend + row * Stride;
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
