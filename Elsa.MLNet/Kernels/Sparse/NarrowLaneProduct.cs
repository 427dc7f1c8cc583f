using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// Products of a <see cref="LanePack"/> with one input vector by AVX2: sixteen lanes are two registers, and a window of 32
/// columns is four, of which two bits of a place choose one.
/// </summary>
internal static unsafe class NarrowLaneProduct
{
    private const int Half = 8;

    /// <summary>Sums of 32 rows.</summary>
    /// <param name="pack">The weights.</param>
    /// <param name="segment">Their segments.</param>
    /// <param name="count">Segments.</param>
    /// <param name="x">The input vector, padded to whole windows.</param>
    /// <param name="sums">Receives 32 sums: the first rows', then the second rows'.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(LanePack pack, LaneSegment* segment, int count, float* x, float* sums)
    {
        Vector256<float> low = default, high = default, low2 = default, high2 = default;
        for (var end = segment + count; segment < end; segment++)
        {
            float* window = x + segment->Window * LanePack.WindowStep;
            Vector256<float> a = Vector256.Load(window), b = Vector256.Load(window + Half);
            Vector256<float> c = Vector256.Load(window + 2 * Half), d = Vector256.Load(window + 3 * Half);
            float* value = pack.Values + (long)segment->Start * LanePack.Lanes;
            byte* position = pack.Positions + (long)segment->Start * LanePack.Lanes;
            byte* counts = segment->Counts < 0 ? null : pack.Counts + segment->Counts;
            for (int slot = 0; slot < segment->Slots; slot++, value += LanePack.Lanes, position += LanePack.Lanes)
            {
                Vector256<float> lowWeights = Vector256.Load(value), highWeights = Vector256.Load(value + Half);
                if (counts is not null)
                {
                    lowWeights = Kept(lowWeights, counts, slot);
                    highWeights = Kept(highWeights, counts + Half, slot);
                }
                Add(a, b, c, d, position, lowWeights, ref low, ref low2);
                Add(a, b, c, d, position + Half, highWeights, ref high, ref high2);
            }
        }
        Vector256.Store(low, sums);
        Vector256.Store(high, sums + Half);
        Vector256.Store(low2, sums + 2 * Half);
        Vector256.Store(high2, sums + 3 * Half);
    }

    /// <summary>Weights of the lanes that have as many non-zeros, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Kept(Vector256<float> weights, byte* counts, int slot) =>
        weights & Avx2.CompareGreaterThan(Avx2.ConvertToVector256Int32(counts), Vector256.Create(slot)).AsSingle();

    /// <summary>Adds half a slot's products to the sums of both rows of its lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, byte* positions,
        Vector256<float> weights, ref Vector256<float> first, ref Vector256<float> second)
    {
        // A blend looks at the highest bit of each lane.
        const int EightsToTop = 28, SixteensToTop = 27;
        var places = Avx2.ConvertToVector256Int32(positions);
        var eights = Vector256.ShiftLeft(places, EightsToTop).AsSingle();
        var lower = Avx.BlendVariable(Avx2.PermuteVar8x32(a, places), Avx2.PermuteVar8x32(b, places), eights);
        var upper = Avx.BlendVariable(Avx2.PermuteVar8x32(c, places), Avx2.PermuteVar8x32(d, places), eights);
        var x = Avx.BlendVariable(lower, upper, Vector256.ShiftLeft(places, SixteensToTop).AsSingle());
        var isSecond = Avx2.CompareGreaterThan(places, Vector256.Create(LanePack.SecondRow - 1)).AsSingle();
        first = Fma.MultiplyAdd(x, Vector256.AndNot(weights, isSecond), first);
        second = Fma.MultiplyAdd(x, weights & isSecond, second);
    }
}
