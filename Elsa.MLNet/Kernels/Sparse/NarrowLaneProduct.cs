using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// Products of a <see cref="LanePack"/> with one input vector by AVX2: sixteen lanes are two registers, and a panel of 32
/// columns is four, of which two bits of a position choose one.
/// </summary>
internal static unsafe class NarrowLaneProduct
{
    private const int Half = 8;

    /// <summary>Sums of sixteen rows.</summary>
    /// <param name="pack">The weights.</param>
    /// <param name="segment">Their segments.</param>
    /// <param name="count">Segments.</param>
    /// <param name="x">The input vector, padded to whole panels.</param>
    /// <param name="sums">Receives sixteen sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(LanePack pack, LaneSegment* segment, int count, float* x, float* sums)
    {
        Vector256<float> low = default, high = default;
        for (var end = segment + count; segment < end; segment++)
        {
            float* panel = x + segment->Panel * LanePack.PanelColumns;
            Vector256<float> a = Vector256.Load(panel), b = Vector256.Load(panel + Half);
            Vector256<float> c = Vector256.Load(panel + 2 * Half), d = Vector256.Load(panel + 3 * Half);
            float* value = pack.Values + (long)segment->Start * LanePack.Lanes;
            byte* position = pack.Positions + (long)segment->Start * LanePack.Lanes;
            float* last = value + segment->Slots * LanePack.Lanes;
            if (segment->Counts < 0)
            {
                for (; value < last; value += LanePack.Lanes, position += LanePack.Lanes)
                {
                    low = Fma.MultiplyAdd(Look(a, b, c, d, position), Vector256.Load(value), low);
                    high = Fma.MultiplyAdd(Look(a, b, c, d, position + Half), Vector256.Load(value + Half), high);
                }
                continue;
            }
            byte* counts = pack.Counts + segment->Counts;
            Vector256<int> lowCounts = Avx2.ConvertToVector256Int32(counts);
            Vector256<int> highCounts = Avx2.ConvertToVector256Int32(counts + Half);
            for (int slot = 0; value < last; slot++, value += LanePack.Lanes, position += LanePack.Lanes)
            {
                var at = Vector256.Create(slot);
                low = Fma.MultiplyAdd(
                    Look(a, b, c, d, position), Kept(value, lowCounts, at), low);
                high = Fma.MultiplyAdd(
                    Look(a, b, c, d, position + Half), Kept(value + Half, highCounts, at), high);
            }
        }
        Vector256.Store(low, sums);
        Vector256.Store(high, sums + Half);
    }

    /// <summary>Weights of the lanes that have as many non-zeros, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Kept(float* values, Vector256<int> counts, Vector256<int> slot) =>
        Vector256.Load(values) & Avx2.CompareGreaterThan(counts, slot).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Look(
        Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, byte* positions)
    {
        // A blend looks at the highest bit of each lane.
        const int EightsToTop = 28, SixteensToTop = 27;
        var index = Avx2.ConvertToVector256Int32(positions);
        var eights = Vector256.ShiftLeft(index, EightsToTop).AsSingle();
        var lower = Avx.BlendVariable(Avx2.PermuteVar8x32(a, index), Avx2.PermuteVar8x32(b, index), eights);
        var upper = Avx.BlendVariable(Avx2.PermuteVar8x32(c, index), Avx2.PermuteVar8x32(d, index), eights);
        return Avx.BlendVariable(lower, upper, Vector256.ShiftLeft(index, SixteensToTop).AsSingle());
    }
}
