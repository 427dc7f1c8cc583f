using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>The rows of a tile, of eight, four, two vectors or one: written out, so that the sums stay in registers.</summary>
internal static unsafe partial class SparseTile
{
    private const int SegmentsAhead = 8;

    /// <summary>
    /// Fetches what a later segment reads. Of a level that is not the densest, segments lie apart and in another order, which
    /// the processor does not foresee.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(SparseSegment* segment, SparseSegment* end, byte* positions, float* values)
    {
        if (!Sse.IsSupported || segment >= end)
            return;
        Sse.Prefetch0(values + segment->Start);
        Sse.Prefetch0(values + segment->Start + 16);
        Sse.Prefetch0(positions + segment->Start);
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
                Prefetch(segments + SegmentsAhead, end, positions, values);
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
                Prefetch(segments + SegmentsAhead, end, positions, values);
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
                Prefetch(segments + SegmentsAhead, end, positions, values);
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
                Prefetch(segments + SegmentsAhead, end, positions, values);
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
