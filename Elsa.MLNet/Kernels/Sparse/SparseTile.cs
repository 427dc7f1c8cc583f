using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The product of a pack with a tile of input vectors: x[column][position] for a few vectors' width of positions.
/// A non-zero is broadcast and multiplied with the tile's row of its column, so that vectors run along positions and no
/// value is gathered. Where registers suffice two rows of weights are computed side by side, because the sums of one would
/// wait for themselves, and because rows that follow each other are of like length and share the ends of loops. A row's
/// products are added in the order in which the pack has them, whatever the tile's width and the instruction set.
/// </summary>
internal static unsafe class SparseTile
{
    private const int SegmentsAhead = 4;

    /// <summary>Positions of the widest tile.</summary>
    /// <param name="set">Instructions to use.</param>
    /// <param name="isConvolution">Whether it is of a convolution, whose taps overlap, or whose columns are few: then a wide
    /// tile, too, stays in the caches.</param>
    public static int Widest(InstructionSet set, bool isConvolution) => set switch
    {
        InstructionSet.Avx512 => (isConvolution ? 8 : 4) * Lanes512.Count,
        InstructionSet.Avx2 => 8 * Lanes256.Count,
        _ => 8 * Lanes128.Count,
    };

    /// <summary>The tile for as many positions: the widest, or for fewer a narrower one that holds them.</summary>
    public static int Width(InstructionSet set, int positions, bool isConvolution)
    {
        int width = Widest(set, isConvolution);
        while (width > Lanes128.Count && positions <= width / 2)
            width /= 2;
        return width;
    }

    /// <summary>Whether results can be written by <see cref="Run"/>; else the sums' reader makes them.</summary>
    public static bool Finishes(SparsePack pack, in Epilogue epilogue) => pack.Height == 1 && epilogue.IsClamp;

    /// <summary>Adds a panel's products to the sums of a chunk of rows, or starts the sums:
    /// sums[row][position] = sum over columns of w[row, column] x[column][position]. Their bits do not depend on where the
    /// columns lie.</summary>
    /// <param name="tile">What is multiplied.</param>
    /// <param name="chunk">Chunk of the group's rows.</param>
    /// <param name="panel">The panel; those before it were added.</param>
    /// <param name="x">The tile's rows of the panel if they were copied, else where the tile starts.</param>
    /// <param name="sums">The sums of the chunk.</param>
    /// <param name="results">Receives results instead of sums; null but for the last panel, and where
    /// <see cref="Finishes"/> does not hold.</param>
    public static void Run(in TileProduct tile, int chunk, int panel, float* x, float* sums, TileResults* results)
    {
        if (tile.Pack.Height > 1)
        {
            SparseBlockTile.Run(tile, chunk, panel, x, sums);
            return;
        }
        switch (tile.Set, tile.Width)
        {
            case (InstructionSet.Avx512, 128):
                Add<Lanes512, Vector512<float>, VectorCount.Eight>(tile, chunk, panel, x, sums, results);
                break;
            case (InstructionSet.Avx512, 64):
                Add<Lanes512, Vector512<float>, VectorCount.Four>(tile, chunk, panel, x, sums, results);
                break;
            case (InstructionSet.Avx512, 32):
                Add<Lanes512, Vector512<float>, VectorCount.Two>(tile, chunk, panel, x, sums, results);
                break;
            case (InstructionSet.Avx512, 16):
                Add<Lanes512, Vector512<float>, VectorCount.One>(tile, chunk, panel, x, sums, results);
                break;
            case (InstructionSet.Avx2, 64):
                Add<Lanes256, Vector256<float>, VectorCount.Eight>(tile, chunk, panel, x, sums, results);
                break;
            case (InstructionSet.Avx2, 32):
                Add<Lanes256, Vector256<float>, VectorCount.Four>(tile, chunk, panel, x, sums, results);
                break;
            case (InstructionSet.Avx2, 16):
                Add<Lanes256, Vector256<float>, VectorCount.Two>(tile, chunk, panel, x, sums, results);
                break;
            case (InstructionSet.Avx512 or InstructionSet.Avx2, 8):
                Add<Lanes256, Vector256<float>, VectorCount.One>(tile, chunk, panel, x, sums, results);
                break;
            case (InstructionSet.Portable, 32):
                Add<Lanes128, Vector128<float>, VectorCount.Eight>(tile, chunk, panel, x, sums, results);
                break;
            case (InstructionSet.Portable, 16):
                Add<Lanes128, Vector128<float>, VectorCount.Four>(tile, chunk, panel, x, sums, results);
                break;
            case (InstructionSet.Portable, 8):
                Add<Lanes128, Vector128<float>, VectorCount.Two>(tile, chunk, panel, x, sums, results);
                break;
            default:
                Add<Lanes128, Vector128<float>, VectorCount.One>(tile, chunk, panel, x, sums, results);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TLanes, TVector, TCount>(
        in TileProduct tile, int chunk, int panel, float* x, float* sums, TileResults* results)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
    {
        if (results is null)
            Add<TLanes, TVector, TCount, TileEnd.Sums>(tile, chunk, panel, x, sums, results);
        else
            Add<TLanes, TVector, TCount, TileEnd.Results>(tile, chunk, panel, x, sums, results);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TLanes, TVector, TCount, TEnd>(
        in TileProduct tile, int chunk, int panel, float* x, float* sums, TileResults* results)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
        where TEnd : ITileEnd
    {
        var pack = tile.Pack;
        var segments = pack.Segments(tile.Group, chunk, panel, tile.Level);
        fixed (SparseSegment* segment = segments)
        {
            var end = segment + segments.Length;
            if (tile.Offsets is null)
            {
                Add<TLanes, TVector, TCount, TEnd, TileColumns.Copied>(
                    segment, end, pack.Positions, pack.Values, x, null, 0, sums, panel == 0, results);
            }
            else if (tile.Places is { } places)
            {
                Add<TLanes, TVector, TCount, TEnd, TileColumns.Placed>(
                    segment, end, (byte*)places.Places, pack.Values, x + places.PanelStart(panel), null, places.Shift, sums,
                    panel == 0, results);
            }
            else
            {
                Add<TLanes, TVector, TCount, TEnd, TileColumns.Scattered>(
                    segment, end, pack.Positions, pack.Values, x, tile.Offsets + panel * pack.PanelColumns, 0, sums,
                    panel == 0, results);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TLanes, TVector, TCount, TEnd, TColumns>(
        SparseSegment* segments, SparseSegment* end, byte* numbers, float* values, float* x, int* offsets, int shift,
        float* sums, bool starts, TileResults* results)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
        where TEnd : ITileEnd
        where TColumns : ITileColumns
    {
        if (TCount.Value <= 4 || TLanes.HasManyRegisters)
        {
            segments = AddPairs<TLanes, TVector, TCount, TEnd, TColumns>(
                segments, end, numbers, values, x, offsets, shift, sums, starts, results);
        }
        nint width = TCount.Value * TLanes.Count;
        TVector a, b, c, d, e, f, g, h, zero = TLanes.Create(0);
        for (; segments < end; segments++)
        {
            Prefetch<TColumns>(segments + SegmentsAhead, end, numbers, values);
            (a, b, c, d, e, f, g, h) = (zero, zero, zero, zero, zero, zero, zero, zero);
            if (!starts)
            {
                Load<TLanes, TVector, TCount>(
                    sums + segments->Row * width, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
            }
            nint i = segments->Start, endI = i + segments->Count, at;
            for (nint last = endI - 4; i <= last; i += 4)
            {
                // A load less for each of four: loads are what the loop waits for.
                TVector u = TLanes.LoadFour(values + i);
                ulong m = TColumns.LoadFour(numbers, i, width, shift);
                at = TColumns.Offset(m, 0, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.First(u), x, at, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                at = TColumns.Offset(m, 1, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Second(u), x, at, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                at = TColumns.Offset(m, 2, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Third(u), x, at, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                at = TColumns.Offset(m, 3, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Fourth(u), x, at, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
            }
            for (; i < endI; i++)
            {
                at = TColumns.Offset(numbers, i, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Create(values[i]), x, at, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
            }
            TEnd.Store<TLanes, TVector, TCount>(results, sums, segments->Row, a, b, c, d, e, f, g, h);
        }
    }

    /// <summary>The same for as many pairs of rows as there are.</summary>
    /// <returns>What is left.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static SparseSegment* AddPairs<TLanes, TVector, TCount, TEnd, TColumns>(
        SparseSegment* segments, SparseSegment* end, byte* numbers, float* values, float* x, int* offsets, int shift,
        float* sums, bool starts, TileResults* results)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
        where TEnd : ITileEnd
        where TColumns : ITileColumns
    {
        nint width = TCount.Value * TLanes.Count;
        TVector a, b, c, d, e, f, g, h, a2, b2, c2, d2, e2, f2, g2, h2, zero = TLanes.Create(0);
        for (; end - segments >= 2; segments += 2)
        {
            Prefetch<TColumns>(segments + SegmentsAhead, end, numbers, values);
            Prefetch<TColumns>(segments + SegmentsAhead + 1, end, numbers, values);
            (a, b, c, d, e, f, g, h) = (zero, zero, zero, zero, zero, zero, zero, zero);
            (a2, b2, c2, d2, e2, f2, g2, h2) = (zero, zero, zero, zero, zero, zero, zero, zero);
            if (!starts)
            {
                Load<TLanes, TVector, TCount>(
                    sums + segments[0].Row * width, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                Load<TLanes, TVector, TCount>(
                    sums + segments[1].Row * width, ref a2, ref b2, ref c2, ref d2, ref e2, ref f2, ref g2, ref h2);
            }
            // The first is not longer than the second.
            nint i = segments[0].Start, j = segments[1].Start, endI = i + segments[0].Count;
            nint at;
            for (nint last = endI - 4; i <= last; i += 4, j += 4)
            {
                TVector u = TLanes.LoadFour(values + i), v = TLanes.LoadFour(values + j);
                ulong m = TColumns.LoadFour(numbers, i, width, shift);
                ulong n = TColumns.LoadFour(numbers, j, width, shift);
                at = TColumns.Offset(m, 0, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.First(u), x, at, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                at = TColumns.Offset(n, 0, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.First(v), x, at, ref a2, ref b2, ref c2, ref d2, ref e2, ref f2, ref g2, ref h2);
                at = TColumns.Offset(m, 1, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Second(u), x, at, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                at = TColumns.Offset(n, 1, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Second(v), x, at, ref a2, ref b2, ref c2, ref d2, ref e2, ref f2, ref g2, ref h2);
                at = TColumns.Offset(m, 2, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Third(u), x, at, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                at = TColumns.Offset(n, 2, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Third(v), x, at, ref a2, ref b2, ref c2, ref d2, ref e2, ref f2, ref g2, ref h2);
                at = TColumns.Offset(m, 3, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Fourth(u), x, at, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                at = TColumns.Offset(n, 3, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Fourth(v), x, at, ref a2, ref b2, ref c2, ref d2, ref e2, ref f2, ref g2, ref h2);
            }
            for (; i < endI; i++, j++)
            {
                at = TColumns.Offset(numbers, i, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Create(values[i]), x, at, ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                at = TColumns.Offset(numbers, j, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Create(values[j]), x, at, ref a2, ref b2, ref c2, ref d2, ref e2, ref f2, ref g2, ref h2);
            }
            for (nint endJ = segments[1].Start + segments[1].Count; j < endJ; j++)
            {
                at = TColumns.Offset(numbers, j, offsets, width, shift);
                Add<TLanes, TVector, TCount>(
                    TLanes.Create(values[j]), x, at, ref a2, ref b2, ref c2, ref d2, ref e2, ref f2, ref g2, ref h2);
            }
            TEnd.Store<TLanes, TVector, TCount>(results, sums, segments[0].Row, a, b, c, d, e, f, g, h);
            TEnd.Store<TLanes, TVector, TCount>(results, sums, segments[1].Row, a2, b2, c2, d2, e2, f2, g2, h2);
        }
        return segments;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<TLanes, TVector, TCount>(
        float* sums, ref TVector a, ref TVector b, ref TVector c, ref TVector d, ref TVector e, ref TVector f, ref TVector g,
        ref TVector h)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
    {
        a = TLanes.Load(sums);
        if (TCount.Value > 1)
            b = TLanes.Load(sums + TLanes.Count);
        if (TCount.Value > 2)
            (c, d) = (TLanes.Load(sums + 2 * TLanes.Count), TLanes.Load(sums + 3 * TLanes.Count));
        if (TCount.Value > 4)
        {
            (e, f) = (TLanes.Load(sums + 4 * TLanes.Count), TLanes.Load(sums + 5 * TLanes.Count));
            (g, h) = (TLanes.Load(sums + 6 * TLanes.Count), TLanes.Load(sums + 7 * TLanes.Count));
        }
    }

    /// <summary>Adds a weight times the tile's row of its column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TLanes, TVector, TCount>(
        TVector weight, float* x, nint at, ref TVector a, ref TVector b, ref TVector c, ref TVector d, ref TVector e, ref TVector f,
        ref TVector g, ref TVector h)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
    {
        a = TLanes.MultiplyAdd(weight, TLanes.Load(x + at), a);
        if (TCount.Value > 1)
            b = TLanes.MultiplyAdd(weight, TLanes.Load(x + TLanes.Count + at), b);
        if (TCount.Value > 2)
        {
            c = TLanes.MultiplyAdd(weight, TLanes.Load(x + 2 * TLanes.Count + at), c);
            d = TLanes.MultiplyAdd(weight, TLanes.Load(x + 3 * TLanes.Count + at), d);
        }
        if (TCount.Value > 4)
        {
            e = TLanes.MultiplyAdd(weight, TLanes.Load(x + 4 * TLanes.Count + at), e);
            f = TLanes.MultiplyAdd(weight, TLanes.Load(x + 5 * TLanes.Count + at), f);
            g = TLanes.MultiplyAdd(weight, TLanes.Load(x + 6 * TLanes.Count + at), g);
            h = TLanes.MultiplyAdd(weight, TLanes.Load(x + 7 * TLanes.Count + at), h);
        }
    }

    /// <summary>
    /// Fetches what a later segment reads. Of a level that is not the densest, segments lie apart and in another order,
    /// which the processor does not foresee.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TColumns>(SparseSegment* segment, SparseSegment* end, byte* numbers, float* values)
        where TColumns : ITileColumns
    {
        if (!Sse.IsSupported || segment >= end)
            return;
        Sse.Prefetch0(values + segment->Start);
        Sse.Prefetch0(values + segment->Start + 16);
        Sse.Prefetch0(numbers + (long)segment->Start * TColumns.Size);
    }
}
