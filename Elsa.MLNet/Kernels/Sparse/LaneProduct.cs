using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>Products of a <see cref="LanePack"/> with few input vectors.</summary>
internal static unsafe class LaneProduct
{
    /// <summary>Most input vectors.</summary>
    public const int Vectors = 8;

    /// <summary>Most input vectors for which it pays that two rows share a lane.</summary>
    private const int PairedVectors = 4;

    /// <summary>Most input vectors for which lanes are faster than tiles.</summary>
    public static int MostVectors(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => Vectors,
        InstructionSet.Avx2 => 1,
        _ => 0,
    };

    /// <summary>Floats from one input vector to the next: its columns, padded with zeros to whole windows.</summary>
    public static int Stride(SparsePack pack) =>
        (LanePack.Windows(pack.Columns) - 1) * LanePack.WindowStep + LanePack.WindowColumns;

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
        var lanePack = pack.Lanes(vectors <= PairedVectors ? 2 : 1);
        int rowCount = lanePack.GroupRows;
        int inputStride = Stride(pack);
        int groups = (pack.RowsOf(chunk) + rowCount - 1) / rowCount;
        float* sums = stackalloc float[Vectors * LanePack.Lanes];
        for (int lanes = 0; lanes < groups; lanes++)
        {
            var segments = lanePack.Segments(group, chunk, lanes, level);
            fixed (LaneSegment* first = segments)
            {
                if (set == InstructionSet.Avx512 && level == 1)
                    Add<All>(vectors, lanePack, first, segments.Length, x, inputStride, sums);
                else if (set == InstructionSet.Avx512)
                    Add<First>(vectors, lanePack, first, segments.Length, x, inputStride, sums);
                else
                    NarrowLaneProduct.Run(lanePack, first, segments.Length, x, sums);
            }
            short* rows = lanePack.Rows(group, chunk, lanes);
            for (int vector = 0; vector < vectors; vector++)
            {
                float* to = y + vector * stride;
                for (int i = 0; i < rowCount; i++)
                {
                    if (rows[i] >= 0)
                        to[rows[i]] = sums[vector * rowCount + i];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TKept>(
        int vectors, LanePack pack, LaneSegment* segment, int count, float* x, int stride, float* sums)
        where TKept : IKept
    {
        switch (vectors)
        {
            case 1:
                Paired<VectorCount.One, TKept>(pack, segment, count, x, stride, sums);
                break;
            case 2:
                Paired<VectorCount.Two, TKept>(pack, segment, count, x, stride, sums);
                break;
            case 3:
                Paired<VectorCount.Three, TKept>(pack, segment, count, x, stride, sums);
                break;
            case 4:
                Paired<VectorCount.Four, TKept>(pack, segment, count, x, stride, sums);
                break;
            case 5:
                Single<VectorCount.Five, TKept>(pack, segment, count, x, stride, sums);
                break;
            case 6:
                Single<VectorCount.Six, TKept>(pack, segment, count, x, stride, sums);
                break;
            case 7:
                Single<VectorCount.Seven, TKept>(pack, segment, count, x, stride, sums);
                break;
            default:
                Single<VectorCount.Eight, TKept>(pack, segment, count, x, stride, sums);
                break;
        }
    }

    /// <summary>
    /// One to four vectors, two rows to a lane. Even and odd slots have sums of their own, because one chain of additions
    /// would wait for itself.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Paired<TCount, TKept>(
        LanePack pack, LaneSegment* segment, int count, float* x, int stride, float* sums)
        where TCount : IVectorCount
        where TKept : IKept
    {
        Vector512<float> a0 = default, b0 = default, c0 = default, d0 = default;
        Vector512<float> a1 = default, b1 = default, c1 = default, d1 = default;
        Vector512<float> e0 = default, f0 = default, g0 = default, h0 = default;
        Vector512<float> e1 = default, f1 = default, g1 = default, h1 = default;
        for (var end = segment + count; segment < end; segment++)
        {
            float* window = x + segment->Window * LanePack.WindowStep;
            var a = Window(window, 0, TCount.Value, stride);
            var b = Window(window, 1, TCount.Value, stride);
            var c = Window(window, 2, TCount.Value, stride);
            var d = Window(window, 3, TCount.Value, stride);
            float* value = pack.Values + (long)segment->Start * LanePack.Lanes;
            byte* position = pack.Positions + (long)segment->Start * LanePack.Lanes;
            var counts = TKept.Counts(pack, segment);
            int slots = segment->Slots, slot = 0;
            for (; slot < slots - 1; slot += 2, value += 2 * LanePack.Lanes, position += 2 * LanePack.Lanes)
            {
                new Slot(position, TKept.Weights(value, counts, slot)).Add<TCount>(
                    a, b, c, d, ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1);
                new Slot(position + LanePack.Lanes, TKept.Weights(value + LanePack.Lanes, counts, slot + 1)).Add<TCount>(
                    a, b, c, d, ref e0, ref e1, ref f0, ref f1, ref g0, ref g1, ref h0, ref h1);
            }
            if (slot < slots)
            {
                new Slot(position, TKept.Weights(value, counts, slot)).Add<TCount>(
                    a, b, c, d, ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1);
            }
        }
        Store(a0 + e0, a1 + e1, sums, 0);
        Store(b0 + f0, b1 + f1, sums, 1);
        Store(c0 + g0, c1 + g1, sums, 2);
        Store(d0 + h0, d1 + h1, sums, 3);
    }

    /// <summary>Five to eight vectors: as many sums and windows stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Single<TCount, TKept>(
        LanePack pack, LaneSegment* segment, int count, float* x, int stride, float* sums)
        where TCount : IVectorCount
        where TKept : IKept
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        Vector512<float> e = default, f = default, g = default, h = default;
        for (var end = segment + count; segment < end; segment++)
        {
            float* window = x + segment->Window * LanePack.WindowStep;
            var aWindow = Window(window, 0, TCount.Value, stride);
            var bWindow = Window(window, 1, TCount.Value, stride);
            var cWindow = Window(window, 2, TCount.Value, stride);
            var dWindow = Window(window, 3, TCount.Value, stride);
            var eWindow = Window(window, 4, TCount.Value, stride);
            var fWindow = Window(window, 5, TCount.Value, stride);
            var gWindow = Window(window, 6, TCount.Value, stride);
            var hWindow = Window(window, 7, TCount.Value, stride);
            float* value = pack.Values + (long)segment->Start * LanePack.Lanes;
            byte* position = pack.Positions + (long)segment->Start * LanePack.Lanes;
            var counts = TKept.Counts(pack, segment);
            for (int slot = 0; slot < segment->Slots; slot++, value += LanePack.Lanes, position += LanePack.Lanes)
            {
                var places = Avx512F.ConvertToVector512Int32(Vector128.Load(position));
                var weights = TKept.Weights(value, counts, slot);
                a = Avx512F.FusedMultiplyAdd(aWindow.Look(places), weights, a);
                b = Avx512F.FusedMultiplyAdd(bWindow.Look(places), weights, b);
                c = Avx512F.FusedMultiplyAdd(cWindow.Look(places), weights, c);
                d = Avx512F.FusedMultiplyAdd(dWindow.Look(places), weights, d);
                e = Avx512F.FusedMultiplyAdd(eWindow.Look(places), weights, e);
                if (TCount.Value > 5)
                    f = Avx512F.FusedMultiplyAdd(fWindow.Look(places), weights, f);
                if (TCount.Value > 6)
                    g = Avx512F.FusedMultiplyAdd(gWindow.Look(places), weights, g);
                if (TCount.Value > 7)
                    h = Avx512F.FusedMultiplyAdd(hWindow.Look(places), weights, h);
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

    /// <summary>The window of one vector; nothing where there are fewer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Pair Window(float* first, int vector, int vectors, int stride)
    {
        if (vector >= vectors)
            return default;
        float* window = first + (nint)vector * stride;
        return new Pair(Vector512.Load(window), Vector512.Load(window + LanePack.Lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> first, Vector512<float> second, float* sums, int vector)
    {
        Vector512.Store(first, sums + 2 * vector * LanePack.Lanes);
        Vector512.Store(second, sums + (2 * vector + 1) * LanePack.Lanes);
    }

    /// <summary>A slot of lanes that two rows share: its columns, and the weights of the first and second rows.</summary>
    private readonly ref struct Slot
    {
        private readonly Vector512<int> _places;
        private readonly Vector512<float> _first;
        private readonly Vector512<float> _second;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Slot(byte* positions, Vector512<float> weights)
        {
            _places = Avx512F.ConvertToVector512Int32(Vector128.Load(positions));
            var isSecond = Vector512.GreaterThan(_places, Vector512.Create(LanePack.SecondRow - 1)).AsSingle();
            _second = Vector512.ConditionalSelect(isSecond, weights, Vector512<float>.Zero);
            _first = weights ^ _second;
        }

        /// <summary>Adds the products with one to four windows to the sums of the first and second rows.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add<TCount>(
            in Pair a, in Pair b, in Pair c, in Pair d, ref Vector512<float> a0, ref Vector512<float> a1,
            ref Vector512<float> b0, ref Vector512<float> b1, ref Vector512<float> c0, ref Vector512<float> c1,
            ref Vector512<float> d0, ref Vector512<float> d1)
            where TCount : IVectorCount
        {
            Add(a, ref a0, ref a1);
            if (TCount.Value > 1)
                Add(b, ref b0, ref b1);
            if (TCount.Value > 2)
                Add(c, ref c0, ref c1);
            if (TCount.Value > 3)
                Add(d, ref d0, ref d1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Add(in Pair window, ref Vector512<float> first, ref Vector512<float> second)
        {
            var x = window.Look(_places);
            first = Avx512F.FusedMultiplyAdd(x, _first, first);
            second = Avx512F.FusedMultiplyAdd(x, _second, second);
        }
    }

    /// <summary>A window of one input vector.</summary>
    private readonly ref struct Pair(Vector512<float> low, Vector512<float> high)
    {
        private readonly Vector512<float> _low = low;
        private readonly Vector512<float> _high = high;

        /// <summary>The values at some places, of which the instruction reads the five bits of the column.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Look(Vector512<int> places) => Avx512F.PermuteVar16x32x2(_low, places, _high);
    }

    /// <summary>What a level uses of the non-zeros in the slots.</summary>
    private interface IKept
    {
        static abstract Vector512<int> Counts(LanePack pack, LaneSegment* segment);

        static abstract Vector512<float> Weights(float* values, Vector512<int> counts, int slot);
    }

    /// <summary>The densest level uses all; in a lane without a non-zero the weight is 0.</summary>
    private readonly struct All : IKept
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> Counts(LanePack pack, LaneSegment* segment) => default;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Weights(float* values, Vector512<int> counts, int slot) =>
            Vector512.Load(values);
    }

    /// <summary>Sparser ones use the first of each lane.</summary>
    private readonly struct First : IKept
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> Counts(LanePack pack, LaneSegment* segment) =>
            Avx512F.ConvertToVector512Int32(Vector128.Load(pack.Counts + segment->Counts));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Weights(float* values, Vector512<int> counts, int slot) =>
            Vector512.ConditionalSelect(
                Vector512.GreaterThan(counts, Vector512.Create(slot)).AsSingle(), Vector512.Load(values),
                Vector512<float>.Zero);
    }
}
