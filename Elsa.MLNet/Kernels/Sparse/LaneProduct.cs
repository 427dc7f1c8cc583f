using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>Products of a <see cref="LanePack"/> with one to eight input vectors, by AVX-512.</summary>
internal static unsafe class LaneProduct
{
    /// <summary>Most input vectors.</summary>
    public const int Vectors = 8;

    /// <summary>Floats from one input vector to the next: its columns, padded with zeros to whole panels.</summary>
    public static int Stride(SparsePack pack) =>
        (pack.Columns + LanePack.PanelColumns - 1) / LanePack.PanelColumns * LanePack.PanelColumns;

    /// <summary>Sums of a chunk of rows.</summary>
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
        SparsePack pack, int level, int group, int chunk, float* x, int vectors, float* y, long stride)
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
                if (vectors == 1)
                    One(lanePack, first, segments.Length, x, sums);
                else if (vectors == 2)
                    Two(lanePack, first, segments.Length, x, inputStride, sums);
                else if (vectors <= 4)
                    Four(lanePack, first, segments.Length, x, inputStride, vectors, sums);
                else
                    Eight(lanePack, first, segments.Length, x, inputStride, vectors, sums);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(LanePack pack, LaneSegment* segment, int count, float* x, int stride, float* sums)
    {
        Vector512<float> a = default, b = default;
        for (var end = segment + count; segment < end; segment++)
        {
            float* panel = x + segment->Panel * LanePack.PanelColumns;
            Vector512<float> a0 = Vector512.Load(panel), a1 = Vector512.Load(panel + LanePack.Lanes);
            panel += stride;
            Vector512<float> b0 = Vector512.Load(panel), b1 = Vector512.Load(panel + LanePack.Lanes);
            float* value = pack.Values + (long)segment->Start * LanePack.Lanes;
            byte* position = pack.Positions + (long)segment->Start * LanePack.Lanes;
            var counts = Counts(pack, segment);
            for (int slot = 0; slot < segment->Slots; slot++, value += LanePack.Lanes, position += LanePack.Lanes)
            {
                var index = Avx512F.ConvertToVector512Int32(Vector128.Load(position));
                var weights = Weights(value, counts, slot);
                a = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(a0, index, a1), weights, a);
                b = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(b0, index, b1), weights, b);
            }
        }
        Vector512.Store(a, sums);
        Vector512.Store(b, sums + LanePack.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(
        LanePack pack, LaneSegment* segment, int count, float* x, int stride, int vectors, float* sums)
    {
        // Of three vectors the last one counts twice.
        nint last = (vectors - 1) * stride;
        Vector512<float> a = default, b = default, c = default, d = default;
        for (var end = segment + count; segment < end; segment++)
        {
            float* panel = x + segment->Panel * LanePack.PanelColumns;
            Vector512<float> a0 = Vector512.Load(panel), a1 = Vector512.Load(panel + LanePack.Lanes);
            Vector512<float> d0 = Vector512.Load(panel + last), d1 = Vector512.Load(panel + last + LanePack.Lanes);
            panel += stride;
            Vector512<float> b0 = Vector512.Load(panel), b1 = Vector512.Load(panel + LanePack.Lanes);
            panel += stride;
            Vector512<float> c0 = Vector512.Load(panel), c1 = Vector512.Load(panel + LanePack.Lanes);
            float* value = pack.Values + (long)segment->Start * LanePack.Lanes;
            byte* position = pack.Positions + (long)segment->Start * LanePack.Lanes;
            var counts = Counts(pack, segment);
            for (int slot = 0; slot < segment->Slots; slot++, value += LanePack.Lanes, position += LanePack.Lanes)
            {
                var index = Avx512F.ConvertToVector512Int32(Vector128.Load(position));
                var weights = Weights(value, counts, slot);
                a = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(a0, index, a1), weights, a);
                b = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(b0, index, b1), weights, b);
                c = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(c0, index, c1), weights, c);
                d = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(d0, index, d1), weights, d);
            }
        }
        Vector512.Store(a, sums);
        Vector512.Store(b, sums + LanePack.Lanes);
        Vector512.Store(c, sums + 2 * LanePack.Lanes);
        Vector512.Store(d, sums + 3 * LanePack.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(
        LanePack pack, LaneSegment* segment, int count, float* x, int stride, int vectors, float* sums)
    {
        // Of fewer vectors the last one counts several times.
        int last = vectors - 1;
        Vector512<float> a = default, b = default, c = default, d = default;
        Vector512<float> e = default, f = default, g = default, h = default;
        for (var end = segment + count; segment < end; segment++)
        {
            float* panel = x + segment->Panel * LanePack.PanelColumns;
            float* aAt = panel;
            Vector512<float> a0 = Vector512.Load(aAt), a1 = Vector512.Load(aAt + LanePack.Lanes);
            float* bAt = panel + (nint)Math.Min(1, last) * stride;
            Vector512<float> b0 = Vector512.Load(bAt), b1 = Vector512.Load(bAt + LanePack.Lanes);
            float* cAt = panel + (nint)Math.Min(2, last) * stride;
            Vector512<float> c0 = Vector512.Load(cAt), c1 = Vector512.Load(cAt + LanePack.Lanes);
            float* dAt = panel + (nint)Math.Min(3, last) * stride;
            Vector512<float> d0 = Vector512.Load(dAt), d1 = Vector512.Load(dAt + LanePack.Lanes);
            float* eAt = panel + (nint)Math.Min(4, last) * stride;
            Vector512<float> e0 = Vector512.Load(eAt), e1 = Vector512.Load(eAt + LanePack.Lanes);
            float* fAt = panel + (nint)Math.Min(5, last) * stride;
            Vector512<float> f0 = Vector512.Load(fAt), f1 = Vector512.Load(fAt + LanePack.Lanes);
            float* gAt = panel + (nint)Math.Min(6, last) * stride;
            Vector512<float> g0 = Vector512.Load(gAt), g1 = Vector512.Load(gAt + LanePack.Lanes);
            float* hAt = panel + (nint)Math.Min(7, last) * stride;
            Vector512<float> h0 = Vector512.Load(hAt), h1 = Vector512.Load(hAt + LanePack.Lanes);
            float* value = pack.Values + (long)segment->Start * LanePack.Lanes;
            byte* position = pack.Positions + (long)segment->Start * LanePack.Lanes;
            var counts = Counts(pack, segment);
            for (int slot = 0; slot < segment->Slots; slot++, value += LanePack.Lanes, position += LanePack.Lanes)
            {
                var index = Avx512F.ConvertToVector512Int32(Vector128.Load(position));
                var weights = Weights(value, counts, slot);
                a = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(a0, index, a1), weights, a);
                b = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(b0, index, b1), weights, b);
                c = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(c0, index, c1), weights, c);
                d = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(d0, index, d1), weights, d);
                e = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(e0, index, e1), weights, e);
                f = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(f0, index, f1), weights, f);
                g = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32x2(g0, index, g1), weights, g);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Look(Vector512<float> low, Vector512<float> high, byte* positions) =>
        Avx512F.PermuteVar16x32x2(
            low, Avx512F.ConvertToVector512Int32(Vector128.Load(positions)), high);
}
