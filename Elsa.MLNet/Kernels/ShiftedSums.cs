using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// The inner loops of a convolution over <see cref="PackedPlanes"/>: rows of outputs, each a bias plus weighted shifted
/// lines. A tile of outputs (rows x vectors of positions) stays in registers over all taps; weights are broadcast.
/// </summary>
internal static unsafe class ShiftedSums
{
    /// <summary>Rows of one tile.</summary>
    public static int Rows(InstructionSet set) => set == InstructionSet.Avx512 ? 8 : 4;

    /// <summary>Positions of a vector.</summary>
    public static int Lanes(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => Lanes512.Count,
        InstructionSet.Avx2 => Lanes256.Count,
        _ => Lanes128.Count,
    };

    /// <summary>
    /// destination[r * stride + p] = bias[r] + sum over k of weights[r / R][k][r % R] * source[offsets[k] + p], R being
    /// <see cref="Rows"/>; rows and positions are rounded up to whole tiles and vectors.
    /// </summary>
    public static void Compute(
        InstructionSet set, ReadOnlySpan<nint> offsets, float* source, float* weights, float* bias, int rows,
        float* destination, int positions, int stride)
    {
        fixed (nint* shifts = offsets)
        {
            if (set == InstructionSet.Avx512)
                Compute<Lanes512, Vector512<float>>(
                    shifts, offsets.Length, source, weights, bias, rows, destination, positions, stride);
            else if (set == InstructionSet.Avx2)
                Compute<Lanes256, Vector256<float>>(
                    shifts, offsets.Length, source, weights, bias, rows, destination, positions, stride);
            else
                Compute<Lanes128, Vector128<float>>(
                    shifts, offsets.Length, source, weights, bias, rows, destination, positions, stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compute<TLanes, TVector>(
        nint* offsets, int depth, float* source, float* weights, float* bias, int rows, float* destination,
        int positions, nint stride)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        int height = TLanes.HasManyRegisters ? 8 : 4;
        nint end = (positions + TLanes.Count - 1) / TLanes.Count * TLanes.Count;
        for (nint p = 0; p < end;)
        {
            int width = (int)Math.Min(3, (end - p) / TLanes.Count);
            for (int row = 0; row < rows; row += height)
            {
                float* w = weights + (nint)row * depth;
                float* to = destination + row * stride + p;
                if (TLanes.HasManyRegisters)
                {
                    if (width == 3)
                        Tile8By3<TLanes, TVector>(offsets, depth, source + p, w, bias + row, to, stride);
                    else if (width == 2)
                        Tile8By2<TLanes, TVector>(offsets, depth, source + p, w, bias + row, to, stride);
                    else
                        Tile8By1<TLanes, TVector>(offsets, depth, source + p, w, bias + row, to, stride);
                }
                else if (width == 3)
                    Tile4By3<TLanes, TVector>(offsets, depth, source + p, w, bias + row, to, stride);
                else
                {
                    for (int v = 0; v < width; v++)
                    {
                        Tile4By1<TLanes, TVector>(
                            offsets, depth, source + p + v * TLanes.Count, w, bias + row, to + v * TLanes.Count,
                            stride);
                    }
                }
            }
            p += width * TLanes.Count;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8By3<TLanes, TVector>(
        nint* offsets, int depth, float* source, float* weights, float* bias, float* destination, nint stride)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector s00 = TLanes.Create(bias[0]), s01 = s00, s02 = s00;
        TVector s10 = TLanes.Create(bias[1]), s11 = s10, s12 = s10;
        TVector s20 = TLanes.Create(bias[2]), s21 = s20, s22 = s20;
        TVector s30 = TLanes.Create(bias[3]), s31 = s30, s32 = s30;
        TVector s40 = TLanes.Create(bias[4]), s41 = s40, s42 = s40;
        TVector s50 = TLanes.Create(bias[5]), s51 = s50, s52 = s50;
        TVector s60 = TLanes.Create(bias[6]), s61 = s60, s62 = s60;
        TVector s70 = TLanes.Create(bias[7]), s71 = s70, s72 = s70;
        for (int k = 0; k < depth; k++, weights += 8)
        {
            float* x = source + offsets[k];
            var x0 = TLanes.Load(x);
            var x1 = TLanes.Load(x + TLanes.Count);
            var x2 = TLanes.Load(x + 2 * TLanes.Count);
            var w = TLanes.Create(weights[0]);
            s00 = TLanes.MultiplyAdd(w, x0, s00);
            s01 = TLanes.MultiplyAdd(w, x1, s01);
            s02 = TLanes.MultiplyAdd(w, x2, s02);
            w = TLanes.Create(weights[1]);
            s10 = TLanes.MultiplyAdd(w, x0, s10);
            s11 = TLanes.MultiplyAdd(w, x1, s11);
            s12 = TLanes.MultiplyAdd(w, x2, s12);
            w = TLanes.Create(weights[2]);
            s20 = TLanes.MultiplyAdd(w, x0, s20);
            s21 = TLanes.MultiplyAdd(w, x1, s21);
            s22 = TLanes.MultiplyAdd(w, x2, s22);
            w = TLanes.Create(weights[3]);
            s30 = TLanes.MultiplyAdd(w, x0, s30);
            s31 = TLanes.MultiplyAdd(w, x1, s31);
            s32 = TLanes.MultiplyAdd(w, x2, s32);
            w = TLanes.Create(weights[4]);
            s40 = TLanes.MultiplyAdd(w, x0, s40);
            s41 = TLanes.MultiplyAdd(w, x1, s41);
            s42 = TLanes.MultiplyAdd(w, x2, s42);
            w = TLanes.Create(weights[5]);
            s50 = TLanes.MultiplyAdd(w, x0, s50);
            s51 = TLanes.MultiplyAdd(w, x1, s51);
            s52 = TLanes.MultiplyAdd(w, x2, s52);
            w = TLanes.Create(weights[6]);
            s60 = TLanes.MultiplyAdd(w, x0, s60);
            s61 = TLanes.MultiplyAdd(w, x1, s61);
            s62 = TLanes.MultiplyAdd(w, x2, s62);
            w = TLanes.Create(weights[7]);
            s70 = TLanes.MultiplyAdd(w, x0, s70);
            s71 = TLanes.MultiplyAdd(w, x1, s71);
            s72 = TLanes.MultiplyAdd(w, x2, s72);
        }
        TLanes.Store(s00, destination);
        TLanes.Store(s01, destination + TLanes.Count);
        TLanes.Store(s02, destination + 2 * TLanes.Count);
        destination += stride;
        TLanes.Store(s10, destination);
        TLanes.Store(s11, destination + TLanes.Count);
        TLanes.Store(s12, destination + 2 * TLanes.Count);
        destination += stride;
        TLanes.Store(s20, destination);
        TLanes.Store(s21, destination + TLanes.Count);
        TLanes.Store(s22, destination + 2 * TLanes.Count);
        destination += stride;
        TLanes.Store(s30, destination);
        TLanes.Store(s31, destination + TLanes.Count);
        TLanes.Store(s32, destination + 2 * TLanes.Count);
        destination += stride;
        TLanes.Store(s40, destination);
        TLanes.Store(s41, destination + TLanes.Count);
        TLanes.Store(s42, destination + 2 * TLanes.Count);
        destination += stride;
        TLanes.Store(s50, destination);
        TLanes.Store(s51, destination + TLanes.Count);
        TLanes.Store(s52, destination + 2 * TLanes.Count);
        destination += stride;
        TLanes.Store(s60, destination);
        TLanes.Store(s61, destination + TLanes.Count);
        TLanes.Store(s62, destination + 2 * TLanes.Count);
        destination += stride;
        TLanes.Store(s70, destination);
        TLanes.Store(s71, destination + TLanes.Count);
        TLanes.Store(s72, destination + 2 * TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8By2<TLanes, TVector>(
        nint* offsets, int depth, float* source, float* weights, float* bias, float* destination, nint stride)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector s00 = TLanes.Create(bias[0]), s01 = s00;
        TVector s10 = TLanes.Create(bias[1]), s11 = s10;
        TVector s20 = TLanes.Create(bias[2]), s21 = s20;
        TVector s30 = TLanes.Create(bias[3]), s31 = s30;
        TVector s40 = TLanes.Create(bias[4]), s41 = s40;
        TVector s50 = TLanes.Create(bias[5]), s51 = s50;
        TVector s60 = TLanes.Create(bias[6]), s61 = s60;
        TVector s70 = TLanes.Create(bias[7]), s71 = s70;
        for (int k = 0; k < depth; k++, weights += 8)
        {
            float* x = source + offsets[k];
            var x0 = TLanes.Load(x);
            var x1 = TLanes.Load(x + TLanes.Count);
            var w = TLanes.Create(weights[0]);
            s00 = TLanes.MultiplyAdd(w, x0, s00);
            s01 = TLanes.MultiplyAdd(w, x1, s01);
            w = TLanes.Create(weights[1]);
            s10 = TLanes.MultiplyAdd(w, x0, s10);
            s11 = TLanes.MultiplyAdd(w, x1, s11);
            w = TLanes.Create(weights[2]);
            s20 = TLanes.MultiplyAdd(w, x0, s20);
            s21 = TLanes.MultiplyAdd(w, x1, s21);
            w = TLanes.Create(weights[3]);
            s30 = TLanes.MultiplyAdd(w, x0, s30);
            s31 = TLanes.MultiplyAdd(w, x1, s31);
            w = TLanes.Create(weights[4]);
            s40 = TLanes.MultiplyAdd(w, x0, s40);
            s41 = TLanes.MultiplyAdd(w, x1, s41);
            w = TLanes.Create(weights[5]);
            s50 = TLanes.MultiplyAdd(w, x0, s50);
            s51 = TLanes.MultiplyAdd(w, x1, s51);
            w = TLanes.Create(weights[6]);
            s60 = TLanes.MultiplyAdd(w, x0, s60);
            s61 = TLanes.MultiplyAdd(w, x1, s61);
            w = TLanes.Create(weights[7]);
            s70 = TLanes.MultiplyAdd(w, x0, s70);
            s71 = TLanes.MultiplyAdd(w, x1, s71);
        }
        TLanes.Store(s00, destination);
        TLanes.Store(s01, destination + TLanes.Count);
        destination += stride;
        TLanes.Store(s10, destination);
        TLanes.Store(s11, destination + TLanes.Count);
        destination += stride;
        TLanes.Store(s20, destination);
        TLanes.Store(s21, destination + TLanes.Count);
        destination += stride;
        TLanes.Store(s30, destination);
        TLanes.Store(s31, destination + TLanes.Count);
        destination += stride;
        TLanes.Store(s40, destination);
        TLanes.Store(s41, destination + TLanes.Count);
        destination += stride;
        TLanes.Store(s50, destination);
        TLanes.Store(s51, destination + TLanes.Count);
        destination += stride;
        TLanes.Store(s60, destination);
        TLanes.Store(s61, destination + TLanes.Count);
        destination += stride;
        TLanes.Store(s70, destination);
        TLanes.Store(s71, destination + TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8By1<TLanes, TVector>(
        nint* offsets, int depth, float* source, float* weights, float* bias, float* destination, nint stride)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector s00 = TLanes.Create(bias[0]);
        TVector s10 = TLanes.Create(bias[1]);
        TVector s20 = TLanes.Create(bias[2]);
        TVector s30 = TLanes.Create(bias[3]);
        TVector s40 = TLanes.Create(bias[4]);
        TVector s50 = TLanes.Create(bias[5]);
        TVector s60 = TLanes.Create(bias[6]);
        TVector s70 = TLanes.Create(bias[7]);
        for (int k = 0; k < depth; k++, weights += 8)
        {
            float* x = source + offsets[k];
            var x0 = TLanes.Load(x);
            var w = TLanes.Create(weights[0]);
            s00 = TLanes.MultiplyAdd(w, x0, s00);
            w = TLanes.Create(weights[1]);
            s10 = TLanes.MultiplyAdd(w, x0, s10);
            w = TLanes.Create(weights[2]);
            s20 = TLanes.MultiplyAdd(w, x0, s20);
            w = TLanes.Create(weights[3]);
            s30 = TLanes.MultiplyAdd(w, x0, s30);
            w = TLanes.Create(weights[4]);
            s40 = TLanes.MultiplyAdd(w, x0, s40);
            w = TLanes.Create(weights[5]);
            s50 = TLanes.MultiplyAdd(w, x0, s50);
            w = TLanes.Create(weights[6]);
            s60 = TLanes.MultiplyAdd(w, x0, s60);
            w = TLanes.Create(weights[7]);
            s70 = TLanes.MultiplyAdd(w, x0, s70);
        }
        TLanes.Store(s00, destination);
        destination += stride;
        TLanes.Store(s10, destination);
        destination += stride;
        TLanes.Store(s20, destination);
        destination += stride;
        TLanes.Store(s30, destination);
        destination += stride;
        TLanes.Store(s40, destination);
        destination += stride;
        TLanes.Store(s50, destination);
        destination += stride;
        TLanes.Store(s60, destination);
        destination += stride;
        TLanes.Store(s70, destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4By3<TLanes, TVector>(
        nint* offsets, int depth, float* source, float* weights, float* bias, float* destination, nint stride)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector s00 = TLanes.Create(bias[0]), s01 = s00, s02 = s00;
        TVector s10 = TLanes.Create(bias[1]), s11 = s10, s12 = s10;
        TVector s20 = TLanes.Create(bias[2]), s21 = s20, s22 = s20;
        TVector s30 = TLanes.Create(bias[3]), s31 = s30, s32 = s30;
        for (int k = 0; k < depth; k++, weights += 4)
        {
            float* x = source + offsets[k];
            var x0 = TLanes.Load(x);
            var x1 = TLanes.Load(x + TLanes.Count);
            var x2 = TLanes.Load(x + 2 * TLanes.Count);
            var w = TLanes.Create(weights[0]);
            s00 = TLanes.MultiplyAdd(w, x0, s00);
            s01 = TLanes.MultiplyAdd(w, x1, s01);
            s02 = TLanes.MultiplyAdd(w, x2, s02);
            w = TLanes.Create(weights[1]);
            s10 = TLanes.MultiplyAdd(w, x0, s10);
            s11 = TLanes.MultiplyAdd(w, x1, s11);
            s12 = TLanes.MultiplyAdd(w, x2, s12);
            w = TLanes.Create(weights[2]);
            s20 = TLanes.MultiplyAdd(w, x0, s20);
            s21 = TLanes.MultiplyAdd(w, x1, s21);
            s22 = TLanes.MultiplyAdd(w, x2, s22);
            w = TLanes.Create(weights[3]);
            s30 = TLanes.MultiplyAdd(w, x0, s30);
            s31 = TLanes.MultiplyAdd(w, x1, s31);
            s32 = TLanes.MultiplyAdd(w, x2, s32);
        }
        TLanes.Store(s00, destination);
        TLanes.Store(s01, destination + TLanes.Count);
        TLanes.Store(s02, destination + 2 * TLanes.Count);
        destination += stride;
        TLanes.Store(s10, destination);
        TLanes.Store(s11, destination + TLanes.Count);
        TLanes.Store(s12, destination + 2 * TLanes.Count);
        destination += stride;
        TLanes.Store(s20, destination);
        TLanes.Store(s21, destination + TLanes.Count);
        TLanes.Store(s22, destination + 2 * TLanes.Count);
        destination += stride;
        TLanes.Store(s30, destination);
        TLanes.Store(s31, destination + TLanes.Count);
        TLanes.Store(s32, destination + 2 * TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4By1<TLanes, TVector>(
        nint* offsets, int depth, float* source, float* weights, float* bias, float* destination, nint stride)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector s00 = TLanes.Create(bias[0]);
        TVector s10 = TLanes.Create(bias[1]);
        TVector s20 = TLanes.Create(bias[2]);
        TVector s30 = TLanes.Create(bias[3]);
        for (int k = 0; k < depth; k++, weights += 4)
        {
            float* x = source + offsets[k];
            var x0 = TLanes.Load(x);
            var w = TLanes.Create(weights[0]);
            s00 = TLanes.MultiplyAdd(w, x0, s00);
            w = TLanes.Create(weights[1]);
            s10 = TLanes.MultiplyAdd(w, x0, s10);
            w = TLanes.Create(weights[2]);
            s20 = TLanes.MultiplyAdd(w, x0, s20);
            w = TLanes.Create(weights[3]);
            s30 = TLanes.MultiplyAdd(w, x0, s30);
        }
        TLanes.Store(s00, destination);
        destination += stride;
        TLanes.Store(s10, destination);
        destination += stride;
        TLanes.Store(s20, destination);
        destination += stride;
        TLanes.Store(s30, destination);
    }
}
