using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The product of a pack with a tile of input vectors: x[column][position] for a few vectors' width of positions.
/// A non-zero is broadcast and multiplied with the tile's row of its column, so that vectors run along positions and no
/// value is gathered. Even and odd non-zeros of a segment have sums of their own, because one chain of additions would
/// wait for itself; the order of additions does not depend on the tile's width or on the instruction set.
/// </summary>
internal static unsafe class SparseTile
{
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
        return width == 8 * Lanes512.Count && (long)copiedColumns * width * sizeof(float) > TileBytes ? width / 2 : width;
    }

    /// <summary>Sums of a chunk of rows: sums[row][position] = sum over columns of w[row, column] x[column][position].
    /// The bits of a sum do not depend on where the columns lie.</summary>
    /// <param name="set">Instructions to use.</param>
    /// <param name="pack">The weights.</param>
    /// <param name="level">Level, at least 1.</param>
    /// <param name="group">Group of the rows.</param>
    /// <param name="chunk">Chunk of the group's rows.</param>
    /// <param name="x">The tile.</param>
    /// <param name="offsets">Where each column of the tile starts, from x; null if they follow each other.</param>
    /// <param name="width">Positions of the tile, from <see cref="Width"/>.</param>
    /// <param name="sums">Receives the sums; like x.</param>
    public static void Run(
        InstructionSet set, SparsePack pack, int level, int group, int chunk, float* x, int* offsets, int width, float* sums)
    {
        if (pack.Height > 1)
        {
            SparseBlockTile.Run(set, pack, level, group, chunk, x, offsets, width, sums);
            return;
        }
        switch (set, width)
        {
            case (InstructionSet.Avx512, 128):
                Run<Eight<Lanes512, Vector512<float>, Tile>, Eight<Lanes512, Vector512<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx512, 64):
                Run<Four<Lanes512, Vector512<float>, Tile>, Four<Lanes512, Vector512<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx512, 32):
                Run<Two<Lanes512, Vector512<float>, Tile>, Two<Lanes512, Vector512<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx512, 16):
                Run<One<Lanes512, Vector512<float>, Tile>, One<Lanes512, Vector512<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx2, 32):
                Run<Four<Lanes256, Vector256<float>, Tile>, Four<Lanes256, Vector256<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx2, 16):
                Run<Two<Lanes256, Vector256<float>, Tile>, Two<Lanes256, Vector256<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx512 or InstructionSet.Avx2, 8):
                Run<One<Lanes256, Vector256<float>, Tile>, One<Lanes256, Vector256<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Portable, 16):
                Run<Four<Lanes128, Vector128<float>, Tile>, Four<Lanes128, Vector128<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Portable, 8):
                Run<Two<Lanes128, Vector128<float>, Tile>, Two<Lanes128, Vector128<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            default:
                Run<One<Lanes128, Vector128<float>, Tile>, One<Lanes128, Vector128<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TRows, TScatteredRows>(
        SparsePack pack, int level, int group, int chunk, float* x, int* offsets, int width, float* sums)
        where TRows : IRows
        where TScatteredRows : IRows
    {
        for (int panel = 0; panel < pack.Panels; panel++)
        {
            int first = panel * SparsePack.PanelColumns;
            var segments = pack.Segments(group, chunk, panel, level);
            fixed (SparseSegment* segment = segments)
            {
                if (offsets is null)
                {
                    TRows.Add(
                        segment, segments.Length, pack.Positions, pack.Values, x + (long)first * width, null, sums,
                        panel == 0);
                }
                else
                {
                    TScatteredRows.Add(
                        segment, segments.Length, pack.Positions, pack.Values, x, offsets + first, sums, panel == 0);
                }
            }
        }
    }

    private interface IRows
    {
        /// <summary>Adds the products of segments to the sums of their rows, or starts the sums.</summary>
        static abstract void Add(
            SparseSegment* segments, int count, byte* positions, float* values, float* x, int* offsets, float* sums,
            bool starts);
    }

    /// <summary>Where the columns of a panel lie.</summary>
    private interface IColumns
    {
        static abstract float* Start(float* x, int* offsets, byte position, nint width);
    }

    private readonly struct Tile : IColumns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float* Start(float* x, int* offsets, byte position, nint width) => x + position * width;
    }

    private readonly struct Scattered : IColumns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float* Start(float* x, int* offsets, byte position, nint width) => x + offsets[position];
    }

    private readonly struct Eight<TLanes, TVector, TColumns> : IRows
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TColumns : IColumns
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Add(
            SparseSegment* segments, int count, byte* positions, float* values, float* x, int* offsets, float* sums,
            bool starts)
        {
            nint width = 8 * TLanes.Count;
            var zero = TLanes.Create(0);
            for (var end = segments + count; segments < end; segments++)
            {
                float* y = sums + segments->Row * width;
                float* value = values + segments->Start;
                byte* position = positions + segments->Start;
                TVector a0 = starts ? zero : TLanes.Load(y);
                TVector b0 = starts ? zero : TLanes.Load(y + TLanes.Count);
                TVector c0 = starts ? zero : TLanes.Load(y + 2 * TLanes.Count);
                TVector d0 = starts ? zero : TLanes.Load(y + 3 * TLanes.Count);
                TVector e0 = starts ? zero : TLanes.Load(y + 4 * TLanes.Count);
                TVector f0 = starts ? zero : TLanes.Load(y + 5 * TLanes.Count);
                TVector g0 = starts ? zero : TLanes.Load(y + 6 * TLanes.Count);
                TVector h0 = starts ? zero : TLanes.Load(y + 7 * TLanes.Count);
                TVector a1 = zero, b1 = zero, c1 = zero, d1 = zero, e1 = zero, f1 = zero, g1 = zero, h1 = zero;
                for (float* last = value + (segments->Count & ~1); value < last; value += 2, position += 2)
                {
                    float* even = TColumns.Start(x, offsets, position[0], width);
                    float* odd = TColumns.Start(x, offsets, position[1], width);
                    TVector v = TLanes.Create(value[0]), w = TLanes.Create(value[1]);
                    a0 = TLanes.MultiplyAdd(v, TLanes.Load(even), a0);
                    b0 = TLanes.MultiplyAdd(v, TLanes.Load(even + TLanes.Count), b0);
                    c0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 2 * TLanes.Count), c0);
                    d0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 3 * TLanes.Count), d0);
                    e0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 4 * TLanes.Count), e0);
                    f0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 5 * TLanes.Count), f0);
                    g0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 6 * TLanes.Count), g0);
                    h0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 7 * TLanes.Count), h0);
                    a1 = TLanes.MultiplyAdd(w, TLanes.Load(odd), a1);
                    b1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + TLanes.Count), b1);
                    c1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + 2 * TLanes.Count), c1);
                    d1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + 3 * TLanes.Count), d1);
                    e1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + 4 * TLanes.Count), e1);
                    f1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + 5 * TLanes.Count), f1);
                    g1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + 6 * TLanes.Count), g1);
                    h1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + 7 * TLanes.Count), h1);
                }
                if ((segments->Count & 1) != 0)
                {
                    float* even = TColumns.Start(x, offsets, position[0], width);
                    var v = TLanes.Create(value[0]);
                    a0 = TLanes.MultiplyAdd(v, TLanes.Load(even), a0);
                    b0 = TLanes.MultiplyAdd(v, TLanes.Load(even + TLanes.Count), b0);
                    c0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 2 * TLanes.Count), c0);
                    d0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 3 * TLanes.Count), d0);
                    e0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 4 * TLanes.Count), e0);
                    f0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 5 * TLanes.Count), f0);
                    g0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 6 * TLanes.Count), g0);
                    h0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 7 * TLanes.Count), h0);
                }
                TLanes.Store(TLanes.Add(a0, a1), y);
                TLanes.Store(TLanes.Add(b0, b1), y + TLanes.Count);
                TLanes.Store(TLanes.Add(c0, c1), y + 2 * TLanes.Count);
                TLanes.Store(TLanes.Add(d0, d1), y + 3 * TLanes.Count);
                TLanes.Store(TLanes.Add(e0, e1), y + 4 * TLanes.Count);
                TLanes.Store(TLanes.Add(f0, f1), y + 5 * TLanes.Count);
                TLanes.Store(TLanes.Add(g0, g1), y + 6 * TLanes.Count);
                TLanes.Store(TLanes.Add(h0, h1), y + 7 * TLanes.Count);
            }
        }
    }

    private readonly struct Four<TLanes, TVector, TColumns> : IRows
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TColumns : IColumns
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Add(
            SparseSegment* segments, int count, byte* positions, float* values, float* x, int* offsets, float* sums,
            bool starts)
        {
            nint width = 4 * TLanes.Count;
            var zero = TLanes.Create(0);
            for (var end = segments + count; segments < end; segments++)
            {
                float* y = sums + segments->Row * width;
                float* value = values + segments->Start;
                byte* position = positions + segments->Start;
                TVector a0 = starts ? zero : TLanes.Load(y);
                TVector b0 = starts ? zero : TLanes.Load(y + TLanes.Count);
                TVector c0 = starts ? zero : TLanes.Load(y + 2 * TLanes.Count);
                TVector d0 = starts ? zero : TLanes.Load(y + 3 * TLanes.Count);
                TVector a1 = zero, b1 = zero, c1 = zero, d1 = zero;
                for (float* last = value + (segments->Count & ~1); value < last; value += 2, position += 2)
                {
                    float* even = TColumns.Start(x, offsets, position[0], width);
                    float* odd = TColumns.Start(x, offsets, position[1], width);
                    TVector v = TLanes.Create(value[0]), w = TLanes.Create(value[1]);
                    a0 = TLanes.MultiplyAdd(v, TLanes.Load(even), a0);
                    b0 = TLanes.MultiplyAdd(v, TLanes.Load(even + TLanes.Count), b0);
                    c0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 2 * TLanes.Count), c0);
                    d0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 3 * TLanes.Count), d0);
                    a1 = TLanes.MultiplyAdd(w, TLanes.Load(odd), a1);
                    b1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + TLanes.Count), b1);
                    c1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + 2 * TLanes.Count), c1);
                    d1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + 3 * TLanes.Count), d1);
                }
                if ((segments->Count & 1) != 0)
                {
                    float* even = TColumns.Start(x, offsets, position[0], width);
                    var v = TLanes.Create(value[0]);
                    a0 = TLanes.MultiplyAdd(v, TLanes.Load(even), a0);
                    b0 = TLanes.MultiplyAdd(v, TLanes.Load(even + TLanes.Count), b0);
                    c0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 2 * TLanes.Count), c0);
                    d0 = TLanes.MultiplyAdd(v, TLanes.Load(even + 3 * TLanes.Count), d0);
                }
                TLanes.Store(TLanes.Add(a0, a1), y);
                TLanes.Store(TLanes.Add(b0, b1), y + TLanes.Count);
                TLanes.Store(TLanes.Add(c0, c1), y + 2 * TLanes.Count);
                TLanes.Store(TLanes.Add(d0, d1), y + 3 * TLanes.Count);
            }
        }
    }

    private readonly struct Two<TLanes, TVector, TColumns> : IRows
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TColumns : IColumns
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Add(
            SparseSegment* segments, int count, byte* positions, float* values, float* x, int* offsets, float* sums,
            bool starts)
        {
            nint width = 2 * TLanes.Count;
            var zero = TLanes.Create(0);
            for (var end = segments + count; segments < end; segments++)
            {
                float* y = sums + segments->Row * width;
                float* value = values + segments->Start;
                byte* position = positions + segments->Start;
                TVector a0 = starts ? zero : TLanes.Load(y);
                TVector b0 = starts ? zero : TLanes.Load(y + TLanes.Count);
                TVector a1 = zero, b1 = zero;
                for (float* last = value + (segments->Count & ~1); value < last; value += 2, position += 2)
                {
                    float* even = TColumns.Start(x, offsets, position[0], width);
                    float* odd = TColumns.Start(x, offsets, position[1], width);
                    TVector v = TLanes.Create(value[0]), w = TLanes.Create(value[1]);
                    a0 = TLanes.MultiplyAdd(v, TLanes.Load(even), a0);
                    b0 = TLanes.MultiplyAdd(v, TLanes.Load(even + TLanes.Count), b0);
                    a1 = TLanes.MultiplyAdd(w, TLanes.Load(odd), a1);
                    b1 = TLanes.MultiplyAdd(w, TLanes.Load(odd + TLanes.Count), b1);
                }
                if ((segments->Count & 1) != 0)
                {
                    float* even = TColumns.Start(x, offsets, position[0], width);
                    var v = TLanes.Create(value[0]);
                    a0 = TLanes.MultiplyAdd(v, TLanes.Load(even), a0);
                    b0 = TLanes.MultiplyAdd(v, TLanes.Load(even + TLanes.Count), b0);
                }
                TLanes.Store(TLanes.Add(a0, a1), y);
                TLanes.Store(TLanes.Add(b0, b1), y + TLanes.Count);
            }
        }
    }

    private readonly struct One<TLanes, TVector, TColumns> : IRows
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
        where TColumns : IColumns
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Add(
            SparseSegment* segments, int count, byte* positions, float* values, float* x, int* offsets, float* sums,
            bool starts)
        {
            nint width = TLanes.Count;
            var zero = TLanes.Create(0);
            for (var end = segments + count; segments < end; segments++)
            {
                float* y = sums + segments->Row * width;
                float* value = values + segments->Start;
                byte* position = positions + segments->Start;
                TVector a0 = starts ? zero : TLanes.Load(y);
                var a1 = zero;
                for (float* last = value + (segments->Count & ~1); value < last; value += 2, position += 2)
                {
                    float* even = TColumns.Start(x, offsets, position[0], width);
                    float* odd = TColumns.Start(x, offsets, position[1], width);
                    a0 = TLanes.MultiplyAdd(TLanes.Create(value[0]), TLanes.Load(even), a0);
                    a1 = TLanes.MultiplyAdd(TLanes.Create(value[1]), TLanes.Load(odd), a1);
                }
                if ((segments->Count & 1) != 0)
                {
                    float* even = TColumns.Start(x, offsets, position[0], width);
                    a0 = TLanes.MultiplyAdd(TLanes.Create(value[0]), TLanes.Load(even), a0);
                }
                TLanes.Store(TLanes.Add(a0, a1), y);
            }
        }
    }
}
