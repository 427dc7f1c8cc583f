using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// The inner loops of a convolution's weight gradient over <see cref="PackedPlanes"/>: dot products of gradient lines
/// and shifted input lines. A tile of products (gradient lines x 3 taps) stays in registers over all positions.
/// </summary>
internal static unsafe class ShiftedProducts
{
    /// <summary>Taps of one tile.</summary>
    public const int Taps = 3;

    /// <summary>
    /// sums[k / 3][r][k % 3] += sum over p of left[r * leftStride + p] * right[offsets[k] + p] for R lines r, R being
    /// <see cref="ShiftedSums.Rows"/>.
    /// </summary>
    /// <param name="set">Instructions.</param>
    /// <param name="left">Gradient lines.</param>
    /// <param name="leftStride">From one line to the next.</param>
    /// <param name="right">Input lines.</param>
    /// <param name="offsets">A multiple of 3 shifts.</param>
    /// <param name="length">Positions, a multiple of 16.</param>
    /// <param name="sums">Sums to add to.</param>
    public static void Accumulate(
        InstructionSet set, float* left, nint leftStride, float* right, ReadOnlySpan<nint> offsets, nint length,
        float* sums)
    {
        for (int k = 0; k < offsets.Length; k += Taps, sums += Taps * ShiftedSums.Rows(set))
        {
            float* r0 = right + offsets[k], r1 = right + offsets[k + 1], r2 = right + offsets[k + 2];
            if (set == InstructionSet.Avx512)
                Tile8<Lanes512, Vector512<float>>(left, leftStride, r0, r1, r2, length, sums);
            else if (set == InstructionSet.Avx2)
                Tile4<Lanes256, Vector256<float>>(left, leftStride, r0, r1, r2, length, sums);
            else
                Tile4<Lanes128, Vector128<float>>(left, leftStride, r0, r1, r2, length, sums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8<TLanes, TVector>(
        float* left, nint leftStride, float* right0, float* right1, float* right2, nint length, float* sums)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector s00 = TLanes.Create(0), s01 = TLanes.Create(0), s02 = TLanes.Create(0);
        TVector s10 = TLanes.Create(0), s11 = TLanes.Create(0), s12 = TLanes.Create(0);
        TVector s20 = TLanes.Create(0), s21 = TLanes.Create(0), s22 = TLanes.Create(0);
        TVector s30 = TLanes.Create(0), s31 = TLanes.Create(0), s32 = TLanes.Create(0);
        TVector s40 = TLanes.Create(0), s41 = TLanes.Create(0), s42 = TLanes.Create(0);
        TVector s50 = TLanes.Create(0), s51 = TLanes.Create(0), s52 = TLanes.Create(0);
        TVector s60 = TLanes.Create(0), s61 = TLanes.Create(0), s62 = TLanes.Create(0);
        TVector s70 = TLanes.Create(0), s71 = TLanes.Create(0), s72 = TLanes.Create(0);
        float* left4 = left + 4 * leftStride;
        for (nint p = 0; p < length; p += TLanes.Count)
        {
            var x0 = TLanes.Load(right0 + p);
            var x1 = TLanes.Load(right1 + p);
            var x2 = TLanes.Load(right2 + p);
            var y = TLanes.Load(left + p);
            s00 = TLanes.MultiplyAdd(y, x0, s00);
            s01 = TLanes.MultiplyAdd(y, x1, s01);
            s02 = TLanes.MultiplyAdd(y, x2, s02);
            y = TLanes.Load(left + leftStride + p);
            s10 = TLanes.MultiplyAdd(y, x0, s10);
            s11 = TLanes.MultiplyAdd(y, x1, s11);
            s12 = TLanes.MultiplyAdd(y, x2, s12);
            y = TLanes.Load(left + 2 * leftStride + p);
            s20 = TLanes.MultiplyAdd(y, x0, s20);
            s21 = TLanes.MultiplyAdd(y, x1, s21);
            s22 = TLanes.MultiplyAdd(y, x2, s22);
            y = TLanes.Load(left + 3 * leftStride + p);
            s30 = TLanes.MultiplyAdd(y, x0, s30);
            s31 = TLanes.MultiplyAdd(y, x1, s31);
            s32 = TLanes.MultiplyAdd(y, x2, s32);
            y = TLanes.Load(left4 + p);
            s40 = TLanes.MultiplyAdd(y, x0, s40);
            s41 = TLanes.MultiplyAdd(y, x1, s41);
            s42 = TLanes.MultiplyAdd(y, x2, s42);
            y = TLanes.Load(left4 + leftStride + p);
            s50 = TLanes.MultiplyAdd(y, x0, s50);
            s51 = TLanes.MultiplyAdd(y, x1, s51);
            s52 = TLanes.MultiplyAdd(y, x2, s52);
            y = TLanes.Load(left4 + 2 * leftStride + p);
            s60 = TLanes.MultiplyAdd(y, x0, s60);
            s61 = TLanes.MultiplyAdd(y, x1, s61);
            s62 = TLanes.MultiplyAdd(y, x2, s62);
            y = TLanes.Load(left4 + 3 * leftStride + p);
            s70 = TLanes.MultiplyAdd(y, x0, s70);
            s71 = TLanes.MultiplyAdd(y, x1, s71);
            s72 = TLanes.MultiplyAdd(y, x2, s72);
        }
        Add(TLanes.Sums(s00, s01, s02, s10), sums);
        Add(TLanes.Sums(s11, s12, s20, s21), sums + 4);
        Add(TLanes.Sums(s22, s30, s31, s32), sums + 8);
        Add(TLanes.Sums(s40, s41, s42, s50), sums + 12);
        Add(TLanes.Sums(s51, s52, s60, s61), sums + 16);
        Add(TLanes.Sums(s62, s70, s71, s72), sums + 20);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4<TLanes, TVector>(
        float* left, nint leftStride, float* right0, float* right1, float* right2, nint length, float* sums)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector s00 = TLanes.Create(0), s01 = TLanes.Create(0), s02 = TLanes.Create(0);
        TVector s10 = TLanes.Create(0), s11 = TLanes.Create(0), s12 = TLanes.Create(0);
        TVector s20 = TLanes.Create(0), s21 = TLanes.Create(0), s22 = TLanes.Create(0);
        TVector s30 = TLanes.Create(0), s31 = TLanes.Create(0), s32 = TLanes.Create(0);
        for (nint p = 0; p < length; p += TLanes.Count)
        {
            var x0 = TLanes.Load(right0 + p);
            var x1 = TLanes.Load(right1 + p);
            var x2 = TLanes.Load(right2 + p);
            var y = TLanes.Load(left + p);
            s00 = TLanes.MultiplyAdd(y, x0, s00);
            s01 = TLanes.MultiplyAdd(y, x1, s01);
            s02 = TLanes.MultiplyAdd(y, x2, s02);
            y = TLanes.Load(left + leftStride + p);
            s10 = TLanes.MultiplyAdd(y, x0, s10);
            s11 = TLanes.MultiplyAdd(y, x1, s11);
            s12 = TLanes.MultiplyAdd(y, x2, s12);
            y = TLanes.Load(left + 2 * leftStride + p);
            s20 = TLanes.MultiplyAdd(y, x0, s20);
            s21 = TLanes.MultiplyAdd(y, x1, s21);
            s22 = TLanes.MultiplyAdd(y, x2, s22);
            y = TLanes.Load(left + 3 * leftStride + p);
            s30 = TLanes.MultiplyAdd(y, x0, s30);
            s31 = TLanes.MultiplyAdd(y, x1, s31);
            s32 = TLanes.MultiplyAdd(y, x2, s32);
        }
        Add(TLanes.Sums(s00, s01, s02, s10), sums);
        Add(TLanes.Sums(s11, s12, s20, s21), sums + 4);
        Add(TLanes.Sums(s22, s30, s31, s32), sums + 8);
    }

    private static void Add(Vector128<float> values, float* sums) =>
        Vector128.Store(Vector128.Load(sums) + values, sums);
}
