using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>Products of a <see cref="LanePack"/> with few input vectors.</summary>
internal static unsafe class LaneProduct
{
    /// <summary>Most input vectors.</summary>
    public const int Vectors = 8;

    /// <summary>Most input vectors for which lanes are faster than tiles.</summary>
    public static int MostVectors(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => Vectors,
        InstructionSet.Avx2 => 1,
        _ => 0,
    };

    /// <summary>Floats from one input vector to the next: its columns, padded with zeros to whole panels.</summary>
    public static int Stride(SparsePack pack) =>
        (pack.Columns + LanePack.PanelColumns - 1) / LanePack.PanelColumns * LanePack.PanelColumns;

    /// <summary>Sums of a chunk of rows.</summary>
    /// <param name="set">Instructions to use, not the portable ones.</param>
    /// <param name="pack">The weights.</param>
    /// <param name="level">Level, at least 1.</param>
    /// <param name="group">Group of the rows.</param>
    /// <param name="chunk">Chunk of the group's rows.</param>
    /// <param name="x">Input vectors, padded to <see cref="Stride"/>.</param>
    /// <param name="vectors">Input vectors, 1 to 8.</param>
    /// <param name="y">Receives y[vector * stride + row].</param>
    /// <param name="stride">From one output vector to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        InstructionSet set, SparsePack pack, int level, int group, int chunk, float* x, int vectors, float* y,
        long stride)
    {
        var lanePack = pack.Lanes();
        int inputStride = Stride(pack);
        int lanes = (pack.RowsOf(chunk) + LanePack.Lanes - 1) / LanePack.Lanes;
        float* sums = stackalloc float[Vectors * LanePack.Lanes];
        for (int lane = 0; lane < lanes; lane++)
        {
            var segments = lanePack.Segments(group, chunk, lane, level);
            fixed (LaneSegment* first = segments)
            {
                if (set == InstructionSet.Avx512)
                    Add(vectors, lanePack, first, segments.Length, x, inputStride, sums);
                else
                    NarrowLaneProduct.Run(lanePack, first, segments.Length, x, sums);
            }
            short* rows = lanePack.Rows(group, chunk, lane);
            for (int vector = 0; vector < vectors; vector++)
            {
                float* to = y + vector * stride;
                for (int i = 0; i < LanePack.Lanes && rows[i] >= 0; i++)
                    to[rows[i]] = sums[vector * LanePack.Lanes + i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        int vectors, LanePack pack, LaneSegment* segment, int count, float* x, int stride, float* sums)
    {
        switch (vectors)
        {
            case 1:
                One(pack, segment, count, x, sums);
                break;
            case 2:
                Several<VectorCount.Two>(pack, segment, count, x, stride, sums);
                break;
            case 3:
                Several<VectorCount.Three>(pack, segment, count, x, stride, sums);
                break;
            case 4:
                Several<VectorCount.Four>(pack, segment, count, x, stride, sums);
                break;
            case 5:
                Several<VectorCount.Five>(pack, segment, count, x, stride, sums);
                break;
            case 6:
                Several<VectorCount.Six>(pack, segment, count, x, stride, sums);
                break;
            case 7:
                Several<VectorCount.Seven>(pack, segment, count, x, stride, sums);
                break;
            default:
                Several<VectorCount.Eight>(pack, segment, count, x, stride, sums);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Weights(float* values, Vector512<int> counts, int slot) =>
        Vector512.ConditionalSelect(
            Vector512.GreaterThan(counts, Vector512.Create(slot)).AsSingle(), Vector512.Load(values),
            Vector512<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Counts(LanePack pack, LaneSegment* segment) => segment->Counts < 0
        ? Vector512.Create(int.MaxValue)
        : Avx512F.ConvertToVector512Int32(Vector128.Load(pack.Counts + segment->Counts));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(LanePack pack, LaneSegment* segment, int count, float* x, float* sums)
    {
        Vector512<float> even = default, odd = default;
        for (var end = segment + count; segment < end; segment++)
        {
            float* panel = x + segment->Panel * LanePack.PanelColumns;
            Vector512<float> low = Vector512.Load(panel), high = Vector512.Load(panel + LanePack.Lanes);
            float* value = pack.Values + (long)segment->Start * LanePack.Lanes;
            byte* position = pack.Positions + (long)segment->Start * LanePack.Lanes;
            int slots = segment->Slots, slot = 0;
            if (segment->Counts < 0)
            {
                for (; slot < slots - 1; slot += 2, value += 2 * LanePack.Lanes, position += 2 * LanePack.Lanes)
                {
                    even = Avx512F.FusedMultiplyAdd(
                        Look(low, high, position), Vector512.Load(value), even);
                    odd = Avx512F.FusedMultiplyAdd(
                        Look(low, high, position + LanePack.Lanes), Vector512.Load(value + LanePack.Lanes), odd);
                }
                if (slot < slots)
                    even = Avx512F.FusedMultiplyAdd(Look(low, high, position), Vector512.Load(value), even);
                continue;
            }
            var counts = Counts(pack, segment);
            for (; slot < slots - 1; slot += 2, value += 2 * LanePack.Lanes, position += 2 * LanePack.Lanes)
            {
                even = Avx512F.FusedMultiplyAdd(Look(low, high, position), Weights(value, counts, slot), even);
                odd = Avx512F.FusedMultiplyAdd(
                    Look(low, high, position + LanePack.Lanes), Weights(value + LanePack.Lanes, counts, slot + 1), odd);
            }
            if (slot < slots)
                even = Avx512F.FusedMultiplyAdd(Look(low, high, position), Weights(value, counts, slot), even);
        }
        Vector512.Store(even + odd, sums);
    }

    /// <summary>Two to eight vectors: as many sums and panels stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Several<TCount>(
        LanePack pack, LaneSegment* segment, int count, float* x, int stride, float* sums)
        where TCount : IVectorCount
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        Vector512<float> e = default, f = default, g = default, h = default;
        for (var end = segment + count; segment < end; segment++)
        {
            float* panel = x + segment->Panel * LanePack.PanelColumns;
            var (a0, a1) = Panel(panel, 0, TCount.Value, stride);
            var (b0, b1) = Panel(panel, 1, TCount.Value, stride);
            var (c0, c1) = Panel(panel, 2, TCount.Value, stride);
            var (d0, d1) = Panel(panel, 3, TCount.Value, stride);
            var (e0, e1) = Panel(panel, 4, TCount.Value, stride);
            var (f0, f1) = Panel(panel, 5, TCount.Value, stride);
            var (g0, g1) = Panel(panel, 6, TCount.Value, stride);
            var (h0, h1) = Panel(panel, 7, TCount.Value, stride);
            float* value = pack.Values + (long)segment->Start * LanePack.Lanes;
            byte* position = pack.Positions + (long)segment->Start * LanePack.Lanes;
            var counts = Counts(pack, segment);
            for (int slot = 0; slot < segment->Slots; slot++, value += LanePack.Lanes, position += LanePack.Lanes)
            {
                var index = Avx512F.ConvertToVector512Int32(Vector128.Load(position));
                var weights = Weights(value, counts, slot);
                a = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(a0, index, a1), weights, a);
                b = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(b0, index, b1), weights, b);
                if (TCount.Value > 2)
                    c = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(c0, index, c1), weights, c);
                if (TCount.Value > 3)
                    d = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(d0, index, d1), weights, d);
                if (TCount.Value > 4)
                    e = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(e0, index, e1), weights, e);
                if (TCount.Value > 5)
                    f = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(f0, index, f1), weights, f);
                if (TCount.Value > 6)
                    g = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(g0, index, g1), weights, g);
                if (TCount.Value > 7)
                    h = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(h0, index, h1), weights, h);
            }
        }
        Vector512.Store(a, sums);
        Vector512.Store(b, sums + LanePack.Lanes);
        Vector512.Store(c, sums + 2 * LanePack.Lanes);
        Vector512.Store(d, sums + 3 * LanePack.Lanes);
        Vector512.Store(e, sums + 4 * LanePack.Lanes);
        Vector512.Store(f, sums + 5 * LanePack.Lanes);
        Vector512.Store(g, sums + 6 * LanePack.Lanes);
        Vector512.Store(h, sums + 7 * LanePack.Lanes);
    }

    /// <summary>The panel of one vector; nothing where there are fewer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Low, Vector512<float> High) Panel(float* first, int vector, int vectors, int stride)
    {
        if (vector >= vectors)
            return default;
        float* panel = first + (nint)vector * stride;
        return (Vector512.Load(panel), Vector512.Load(panel + LanePack.Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Look(Vector512<float> low, Vector512<float> high, byte* positions) =>
        Avx512F.PermuteVar16x32x2(
            low, Avx512F.ConvertToVector512Int32(Vector128.Load(positions)), high);
}
