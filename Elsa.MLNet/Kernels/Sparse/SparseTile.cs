using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The product of a pack with a tile of input vectors: x[column][position] for a few vectors' width of positions.
/// A non-zero is broadcast and multiplied with the tile's row of its column, so that vectors run along positions and no
/// value is gathered. Even and odd non-zeros of a segment have sums of their own, because one chain of additions would
/// wait for itself; the order of additions does not depend on the tile's width or on the instruction set.
/// </summary>
internal static unsafe class SparseTile
{
    private const int SegmentsAhead = 8;

    /// <summary>Bytes of a copied tile that leave room in the second-level cache.</summary>
    private const int TileBytes = 256 << 10;

    /// <summary>Positions of the widest tile: as many as there are registers for two sums of each.</summary>
    public static int Widest(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => 8 * Lanes512.Count,
        InstructionSet.Avx2 => 4 * Lanes256.Count,
        _ => 4 * Lanes128.Count,
    };

    /// <summary>The tile for as many positions: the widest, or for fewer a narrower one that holds them.</summary>
    /// <param name="set">Instructions to use.</param>
    /// <param name="positions">Positions.</param>
    /// <param name="copiedColumns">Columns of a tile that is copied for the product, else 0.</param>
    public static int Width(InstructionSet set, int positions, int copiedColumns)
    {
        int width = Widest(set), narrowest = Lanes128.Count;
        while (width > narrowest && positions <= width / 2)
            width /= 2;
        bool isTooLarge = width > 4 * Lanes512.Count && (long)copiedColumns * width * sizeof(float) > TileBytes;
        return isTooLarge ? width / 2 : width;
    }

    /// <summary>Whether <see cref="Run"/> can write results; what it cannot is left to the sums' reader.</summary>
    public static bool Finishes(SparsePack pack, in Epilogue epilogue) => pack.Height == 1 && epilogue.IsClamp;

    /// <summary>Sums of a chunk of rows: sums[row][position] = sum over columns of w[row, column] x[column][position].
    /// The bits of a sum do not depend on where the columns lie.</summary>
    /// <param name="set">Instructions to use.</param>
    /// <param name="pack">The weights.</param>
    /// <param name="level">Level, at least 1.</param>
    /// <param name="group">Group of the rows.</param>
    /// <param name="chunk">Chunk of the group's rows.</param>
    /// <param name="x">The tile.</param>
    /// <param name="offsets">Where each column of the tile starts, from x; null if they follow each other.</param>
    /// <param name="places">The same for each non-zero, or null: not for blocks.</param>
    /// <param name="width">Positions of the tile, from <see cref="Width"/>.</param>
    /// <param name="sums">Receives the sums; like x.</param>
    /// <param name="results">Receives results instead, if they are such that <see cref="Finishes"/>; null for sums.</param>
    public static void Run(
        InstructionSet set, SparsePack pack, int level, int group, int chunk, float* x, int* offsets,
        SparsePlaces? places, int width, float* sums, TileResults* results)
    {
        if (pack.Height > 1)
        {
            SparseBlockTile.Run(set, pack, level, group, chunk, x, offsets, width, sums);
            return;
        }
        switch (set, width)
        {
            case (InstructionSet.Avx512, 128):
                AddPanels<Lanes512, Vector512<float>, VectorCount.Eight>(
                    pack, level, group, chunk, x, offsets, places, sums, results);
                break;
            case (InstructionSet.Avx512, 64):
                AddPanels<Lanes512, Vector512<float>, VectorCount.Four>(
                    pack, level, group, chunk, x, offsets, places, sums, results);
                break;
            case (InstructionSet.Avx512, 32):
                AddPanels<Lanes512, Vector512<float>, VectorCount.Two>(
                    pack, level, group, chunk, x, offsets, places, sums, results);
                break;
            case (InstructionSet.Avx512, 16):
                AddPanels<Lanes512, Vector512<float>, VectorCount.One>(
                    pack, level, group, chunk, x, offsets, places, sums, results);
                break;
            case (InstructionSet.Avx2, 32):
                AddPanels<Lanes256, Vector256<float>, VectorCount.Four>(
                    pack, level, group, chunk, x, offsets, places, sums, results);
                break;
            case (InstructionSet.Avx2, 16):
                AddPanels<Lanes256, Vector256<float>, VectorCount.Two>(
                    pack, level, group, chunk, x, offsets, places, sums, results);
                break;
            case (InstructionSet.Avx512 or InstructionSet.Avx2, 8):
                AddPanels<Lanes256, Vector256<float>, VectorCount.One>(
                    pack, level, group, chunk, x, offsets, places, sums, results);
                break;
            case (InstructionSet.Portable, 16):
                AddPanels<Lanes128, Vector128<float>, VectorCount.Four>(
                    pack, level, group, chunk, x, offsets, places, sums, results);
                break;
            case (InstructionSet.Portable, 8):
                AddPanels<Lanes128, Vector128<float>, VectorCount.Two>(
                    pack, level, group, chunk, x, offsets, places, sums, results);
                break;
            default:
                AddPanels<Lanes128, Vector128<float>, VectorCount.One>(
                    pack, level, group, chunk, x, offsets, places, sums, results);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddPanels<TLanes, TVector, TCount>(
        SparsePack pack, int level, int group, int chunk, float* x, int* offsets, SparsePlaces? places,
        float* sums, TileResults* results)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
    {
        int width = TCount.Value * TLanes.Count;
        for (int panel = 0; panel < pack.Panels; panel++)
        {
            int first = panel * pack.PanelColumns;
            var finish = panel == pack.Panels - 1 ? results : null;
            var segments = pack.Segments(group, chunk, panel, level);
            fixed (SparseSegment* segment = segments)
            {
                if (places is not null)
                {
                    Add<TLanes, TVector, TileColumns.Placed, TCount>(
                        segment, segments.Length, (byte*)places.Places, pack.Values, x + places.PanelStart(panel), null,
                        places.Shift, sums, panel == 0, finish);
                }
                else if (offsets is null)
                {
                    Add<TLanes, TVector, TileColumns.Copied, TCount>(
                        segment, segments.Length, pack.Positions, pack.Values, x + (long)first * width, null, 0, sums,
                        panel == 0, finish);
                }
                else
                {
                    Add<TLanes, TVector, TileColumns.Scattered, TCount>(
                        segment, segments.Length, pack.Positions, pack.Values, x, offsets + first, 0, sums,
                        panel == 0, finish);
                }
            }
        }
    }

    /// <summary>Adds the products of segments to the sums of their rows, or starts the sums; and finishes them, if there
    /// is where results go.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TLanes, TVector, TColumns, TCount>(
        SparseSegment* segments, int count, byte* numbers, float* values, float* x, int* offsets, int shift,
        float* sums, bool starts, TileResults* results)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TColumns : ITileColumns
        where TCount : IVectorCount
    {
        nint width = TCount.Value * TLanes.Count;
        var zero = TLanes.Create(0);
        for (var end = segments + count; segments < end; segments++)
        {
            float* y = sums + segments->Row * width;
            float* value = values + segments->Start;
            byte* number = numbers + (long)segments->Start * TColumns.Size;
            Prefetch<TColumns>(segments + SegmentsAhead, end, numbers, values);
            TVector a0 = zero, b0 = zero, c0 = zero, d0 = zero, e0 = zero, f0 = zero, g0 = zero, h0 = zero;
            TVector a1 = zero, b1 = zero, c1 = zero, d1 = zero, e1 = zero, f1 = zero, g1 = zero, h1 = zero;
            if (!starts)
            {
                a0 = TLanes.Load(y);
                if (TCount.Value > 1)
                    b0 = TLanes.Load(y + TLanes.Count);
                if (TCount.Value > 2)
                {
                    c0 = TLanes.Load(y + 2 * TLanes.Count);
                    d0 = TLanes.Load(y + 3 * TLanes.Count);
                }
                if (TCount.Value > 4)
                {
                    e0 = TLanes.Load(y + 4 * TLanes.Count);
                    f0 = TLanes.Load(y + 5 * TLanes.Count);
                    g0 = TLanes.Load(y + 6 * TLanes.Count);
                    h0 = TLanes.Load(y + 7 * TLanes.Count);
                }
            }
            for (float* last = value + (segments->Count & ~3); value < last; value += 4, number += 4 * TColumns.Size)
            {
                // A load less for each of four: loads are what the loop waits for.
                TVector four = TLanes.LoadFour(value);
                ulong at = TileColumns.LoadFour<TColumns>(number);
                Add<TLanes, TVector, TCount>(
                    TLanes.First(four), TileColumns.Start<TColumns>(x, offsets, at, 0, width, shift),
                    ref a0, ref b0, ref c0, ref d0, ref e0, ref f0, ref g0, ref h0);
                Add<TLanes, TVector, TCount>(
                    TLanes.Second(four), TileColumns.Start<TColumns>(x, offsets, at, 1, width, shift),
                    ref a1, ref b1, ref c1, ref d1, ref e1, ref f1, ref g1, ref h1);
                Add<TLanes, TVector, TCount>(
                    TLanes.Third(four), TileColumns.Start<TColumns>(x, offsets, at, 2, width, shift),
                    ref a0, ref b0, ref c0, ref d0, ref e0, ref f0, ref g0, ref h0);
                Add<TLanes, TVector, TCount>(
                    TLanes.Fourth(four), TileColumns.Start<TColumns>(x, offsets, at, 3, width, shift),
                    ref a1, ref b1, ref c1, ref d1, ref e1, ref f1, ref g1, ref h1);
            }
            if ((segments->Count & 2) != 0)
            {
                Add<TLanes, TVector, TCount>(
                    TLanes.Create(value[0]), TileColumns.Start<TColumns>(x, offsets, TileColumns.Load<TColumns>(number), 0, width, shift),
                    ref a0, ref b0, ref c0, ref d0, ref e0, ref f0, ref g0, ref h0);
                Add<TLanes, TVector, TCount>(
                    TLanes.Create(value[1]), TileColumns.Start<TColumns>(
                        x, offsets, TileColumns.Load<TColumns>(number + TColumns.Size), 0, width, shift),
                    ref a1, ref b1, ref c1, ref d1, ref e1, ref f1, ref g1, ref h1);
                value += 2;
                number += 2 * TColumns.Size;
            }
            if ((segments->Count & 1) != 0)
            {
                Add<TLanes, TVector, TCount>(
                    TLanes.Create(value[0]), TileColumns.Start<TColumns>(x, offsets, TileColumns.Load<TColumns>(number), 0, width, shift),
                    ref a0, ref b0, ref c0, ref d0, ref e0, ref f0, ref g0, ref h0);
            }
            a0 = TLanes.Add(a0, a1);
            if (TCount.Value > 1)
                b0 = TLanes.Add(b0, b1);
            if (TCount.Value > 2)
                (c0, d0) = (TLanes.Add(c0, c1), TLanes.Add(d0, d1));
            if (TCount.Value > 4)
                (e0, f0, g0, h0) = (TLanes.Add(e0, e1), TLanes.Add(f0, f1), TLanes.Add(g0, g1), TLanes.Add(h0, h1));
            if (results is not null)
            {
                int row = segments->Row;
                y = results->Y + row * results->Stride;
                results->Finish<TLanes, TVector, TCount>(
                    row, ref a0, ref b0, ref c0, ref d0, ref e0, ref f0, ref g0, ref h0);
            }
            TLanes.Store(a0, y);
            if (TCount.Value > 1)
                TLanes.Store(b0, y + TLanes.Count);
            if (TCount.Value > 2)
            {
                TLanes.Store(c0, y + 2 * TLanes.Count);
                TLanes.Store(d0, y + 3 * TLanes.Count);
            }
            if (TCount.Value > 4)
            {
                TLanes.Store(e0, y + 4 * TLanes.Count);
                TLanes.Store(f0, y + 5 * TLanes.Count);
                TLanes.Store(g0, y + 6 * TLanes.Count);
                TLanes.Store(h0, y + 7 * TLanes.Count);
            }
        }
    }

    /// <summary>Adds a weight times the tile's row of its column to one sum of each vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TLanes, TVector, TCount>(
        TVector weight, float* x, ref TVector a, ref TVector b, ref TVector c, ref TVector d, ref TVector e, ref TVector f,
        ref TVector g, ref TVector h)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TCount : IVectorCount
    {
        a = TLanes.MultiplyAdd(weight, TLanes.Load(x), a);
        if (TCount.Value > 1)
            b = TLanes.MultiplyAdd(weight, TLanes.Load(x + TLanes.Count), b);
        if (TCount.Value > 2)
        {
            c = TLanes.MultiplyAdd(weight, TLanes.Load(x + 2 * TLanes.Count), c);
            d = TLanes.MultiplyAdd(weight, TLanes.Load(x + 3 * TLanes.Count), d);
        }
        if (TCount.Value > 4)
        {
            e = TLanes.MultiplyAdd(weight, TLanes.Load(x + 4 * TLanes.Count), e);
            f = TLanes.MultiplyAdd(weight, TLanes.Load(x + 5 * TLanes.Count), f);
            g = TLanes.MultiplyAdd(weight, TLanes.Load(x + 6 * TLanes.Count), g);
            h = TLanes.MultiplyAdd(weight, TLanes.Load(x + 7 * TLanes.Count), h);
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
