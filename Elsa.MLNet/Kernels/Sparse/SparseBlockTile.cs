using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// As <see cref="SparseTile"/>, for a pack of blocks: a tile's row is loaded once for eight rows of weights. A block of
/// sixteen rows is two of eight.
/// </summary>
internal static unsafe class SparseBlockTile
{
    private const int Rows = 8;

    /// <inheritdoc cref="SparseTile.Run"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in TileProduct tile, int chunk, int panel, float* x, float* sums)
    {
        var pack = tile.Pack;
        int* following = stackalloc int[tile.Offsets is null ? pack.PanelColumns : 1];
        for (int column = 0; tile.Offsets is null && column < pack.PanelColumns; column++)
            following[column] = column * tile.Width;
        int* offsets = tile.Offsets is null ? following : tile.Offsets + panel * pack.PanelColumns;
        var segments = pack.Segments(tile.Group, chunk, panel, tile.Level);
        fixed (SparseSegment* segment = segments)
        {
            var blocks = new Blocks(
                segment, segments.Length, pack.Positions, pack.Values, pack.Height, x, offsets, sums, tile.Width,
                panel == 0);
            Add(tile.Set, blocks);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(InstructionSet set, in Blocks blocks)
    {
        int lanes = set switch
        {
            InstructionSet.Avx512 when blocks.Width >= Lanes512.Count => Lanes512.Count,
            not InstructionSet.Portable when blocks.Width >= Lanes256.Count => Lanes256.Count,
            _ => Lanes128.Count,
        };
        for (int position = 0; position < blocks.Width; position += lanes)
        {
            if (lanes == Lanes512.Count)
                Add<Lanes512, Vector512<float>>(blocks, position);
            else if (lanes == Lanes256.Count)
                Add<Lanes256, Vector256<float>>(blocks, position);
            else
                Add<Lanes128, Vector128<float>>(blocks, position);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TLanes, TVector>(in Blocks blocks, int at)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        nint width = blocks.Width;
        int height = blocks.Height;
        var zero = TLanes.Create(0);
        for (var segment = blocks.Segments; segment < blocks.Segments + blocks.Count; segment++)
        {
            for (int half = 0; half < height; half += Rows)
            {
                float* y = blocks.Sums + (segment->Row + half) * width + at;
                TVector a = zero, b = zero, c = zero, d = zero, e = zero, f = zero, g = zero, h = zero;
                if (!blocks.Starts)
                {
                    (a, b) = (TLanes.Load(y), TLanes.Load(y + width));
                    (c, d) = (TLanes.Load(y + 2 * width), TLanes.Load(y + 3 * width));
                    (e, f) = (TLanes.Load(y + 4 * width), TLanes.Load(y + 5 * width));
                    (g, h) = (TLanes.Load(y + 6 * width), TLanes.Load(y + 7 * width));
                }
                float* value = blocks.Values + (long)segment->Start * height + half;
                byte* position = blocks.Positions + segment->Start;
                for (byte* end = position + segment->Count; position < end; position++, value += height)
                {
                    var x = TLanes.Load(blocks.X + blocks.Offsets[*position] + at);
                    a = TLanes.MultiplyAdd(TLanes.Create(value[0]), x, a);
                    b = TLanes.MultiplyAdd(TLanes.Create(value[1]), x, b);
                    c = TLanes.MultiplyAdd(TLanes.Create(value[2]), x, c);
                    d = TLanes.MultiplyAdd(TLanes.Create(value[3]), x, d);
                    e = TLanes.MultiplyAdd(TLanes.Create(value[4]), x, e);
                    f = TLanes.MultiplyAdd(TLanes.Create(value[5]), x, f);
                    g = TLanes.MultiplyAdd(TLanes.Create(value[6]), x, g);
                    h = TLanes.MultiplyAdd(TLanes.Create(value[7]), x, h);
                }
                TLanes.Store(a, y);
                TLanes.Store(b, y + width);
                TLanes.Store(c, y + 2 * width);
                TLanes.Store(d, y + 3 * width);
                TLanes.Store(e, y + 4 * width);
                TLanes.Store(f, y + 5 * width);
                TLanes.Store(g, y + 6 * width);
                TLanes.Store(h, y + 7 * width);
            }
        }
    }

    /// <summary>The blocks of one panel and what they are multiplied with.</summary>
    private readonly struct Blocks(
        SparseSegment* segments, int count, byte* positions, float* values, int height, float* x, int* offsets,
        float* sums, int width, bool starts)
    {
        public readonly SparseSegment* Segments = segments;
        public readonly int Count = count;
        public readonly byte* Positions = positions;
        public readonly float* Values = values;
        public readonly int Height = height;
        public readonly float* X = x;
        public readonly int* Offsets = offsets;
        public readonly float* Sums = sums;
        public readonly int Width = width;
        public readonly bool Starts = starts;
    }
}
