using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// Products of a pack of blocks with few input vectors: vectors run along a block's rows, and the input's value is
/// broadcast.
/// </summary>
internal static unsafe class BlockProduct
{
    private const int MaximumHeight = 16;

    /// <summary>Sums of a chunk of rows of a pack with one group.</summary>
    /// <param name="set">Instructions to use.</param>
    /// <param name="pack">The weights, in blocks.</param>
    /// <param name="level">Level, at least 1.</param>
    /// <param name="chunk">Chunk of rows.</param>
    /// <param name="x">Input vectors.</param>
    /// <param name="xStride">From one input vector to the next.</param>
    /// <param name="vectors">Input vectors.</param>
    /// <param name="y">Receives y[vector * yStride + row].</param>
    /// <param name="yStride">From one output vector to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        InstructionSet set, SparsePack pack, int level, int chunk, float* x, int xStride, int vectors, float* y,
        long yStride)
    {
        for (int vector = 0; vector < vectors; vector++, x += xStride, y += yStride)
        {
            for (int panel = 0; panel < pack.Panels; panel++)
            {
                var segments = pack.Segments(0, chunk, panel, level);
                fixed (SparseSegment* segment = segments)
                {
                    float* panelX = x + panel * pack.PanelColumns;
                    if (set == InstructionSet.Avx512 && pack.Height == MaximumHeight)
                        Add<Lanes512, Vector512<float>>(pack, segment, segments.Length, panelX, y, panel == 0);
                    else if (set == InstructionSet.Portable)
                        Add<Lanes128, Vector128<float>>(pack, segment, segments.Length, panelX, y, panel == 0);
                    else
                        Add<Lanes256, Vector256<float>>(pack, segment, segments.Length, panelX, y, panel == 0);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TLanes, TVector>(
        SparsePack pack, SparseSegment* segment, int count, float* x, float* y, bool starts)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        int height = pack.Height;
        var zero = TLanes.Create(0);
        for (var end = segment + count; segment < end; segment++)
        {
            for (int row = 0; row < height; row += TLanes.Count)
            {
                float* to = y + segment->Row + row;
                TVector even = starts ? zero : TLanes.Load(to), odd = zero;
                float* value = pack.Values + (long)segment->Start * height + row;
                byte* position = pack.Positions + segment->Start;
                for (byte* last = position + (segment->Count & ~1); position < last; position += 2, value += 2 * height)
                {
                    even = TLanes.MultiplyAdd(TLanes.Create(x[position[0]]), TLanes.Load(value), even);
                    odd = TLanes.MultiplyAdd(TLanes.Create(x[position[1]]), TLanes.Load(value + height), odd);
                }
                if ((segment->Count & 1) != 0)
                    even = TLanes.MultiplyAdd(TLanes.Create(x[position[0]]), TLanes.Load(value), even);
                TLanes.Store(TLanes.Add(even, odd), to);
            }
        }
    }
}
