using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels;

/// <summary>Products of small matrices, a tile of sums in registers over the whole depth.</summary>
internal static unsafe class MatrixProducts<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Rows are a multiple of this.</summary>
    public const int Rows = 8;

    /// <summary>
    /// sums[r * sumStride + c] = sum over k of left[r * rowStride + k * depthStride] * right[k * rightStride + c], or
    /// that added to the sums.
    /// </summary>
    /// <param name="left">The left matrix, of which single values are read.</param>
    /// <param name="rowStride">From a row to the next.</param>
    /// <param name="depthStride">From a value of a row to the next.</param>
    /// <param name="right">The right matrix.</param>
    /// <param name="rightStride">From a row to the next.</param>
    /// <param name="depth">Products of a sum.</param>
    /// <param name="rows">A multiple of <see cref="Rows"/>.</param>
    /// <param name="columns">A multiple of the lanes.</param>
    /// <param name="sums">The result.</param>
    /// <param name="sumStride">From a row to the next.</param>
    /// <param name="add">Whether to add to the result.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compute(
        float* left, nint rowStride, nint depthStride, float* right, nint rightStride, int depth, int rows,
        int columns, float* sums, nint sumStride, bool add)
    {
        int column = 0;
        for (; column <= columns - 2 * TLanes.Count; column += 2 * TLanes.Count)
        {
            for (int row = 0; row < rows;)
            {
                float* from = left + row * rowStride, to = sums + row * sumStride + column;
                if (TLanes.HasManyRegisters)
                    Tile8By2(from, rowStride, depthStride, right + column, rightStride, depth, to, sumStride, add);
                else
                    Tile4By2(from, rowStride, depthStride, right + column, rightStride, depth, to, sumStride, add);
                row += TLanes.HasManyRegisters ? 8 : 4;
            }
        }
        for (int row = 0; column < columns && row < rows;)
        {
            float* from = left + row * rowStride, to = sums + row * sumStride + column;
            bool isHigh = TLanes.HasManyRegisters && row <= rows - 16;
            if (isHigh)
                Tile16By1(from, rowStride, depthStride, right + column, rightStride, depth, to, sumStride, add);
            else
                Tile8By1(from, rowStride, depthStride, right + column, rightStride, depth, to, sumStride, add);
            row += isHigh ? 16 : 8;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector value, float* sums, bool add) =>
        TLanes.Store(add ? TLanes.Add(value, TLanes.Load(sums)) : value, sums);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8By2(
        float* left, nint rowStride, nint depthStride, float* right, nint rightStride, int depth, float* sums,
        nint sumStride, bool add)
    {
        TVector s00 = TLanes.Create(0), s01 = TLanes.Create(0);
        TVector s10 = TLanes.Create(0), s11 = TLanes.Create(0);
        TVector s20 = TLanes.Create(0), s21 = TLanes.Create(0);
        TVector s30 = TLanes.Create(0), s31 = TLanes.Create(0);
        TVector s40 = TLanes.Create(0), s41 = TLanes.Create(0);
        TVector s50 = TLanes.Create(0), s51 = TLanes.Create(0);
        TVector s60 = TLanes.Create(0), s61 = TLanes.Create(0);
        TVector s70 = TLanes.Create(0), s71 = TLanes.Create(0);
        float* left4 = left + 4 * rowStride;
        for (int k = 0; k < depth; k++)
        {
            var y0 = TLanes.Load(right);
            var y1 = TLanes.Load(right + TLanes.Count);
            var x = TLanes.Create(*left);
            s00 = TLanes.MultiplyAdd(x, y0, s00);
            s01 = TLanes.MultiplyAdd(x, y1, s01);
            x = TLanes.Create(left[rowStride]);
            s10 = TLanes.MultiplyAdd(x, y0, s10);
            s11 = TLanes.MultiplyAdd(x, y1, s11);
            x = TLanes.Create(left[2 * rowStride]);
            s20 = TLanes.MultiplyAdd(x, y0, s20);
            s21 = TLanes.MultiplyAdd(x, y1, s21);
            x = TLanes.Create(left[3 * rowStride]);
            s30 = TLanes.MultiplyAdd(x, y0, s30);
            s31 = TLanes.MultiplyAdd(x, y1, s31);
            x = TLanes.Create(*left4);
            s40 = TLanes.MultiplyAdd(x, y0, s40);
            s41 = TLanes.MultiplyAdd(x, y1, s41);
            x = TLanes.Create(left4[rowStride]);
            s50 = TLanes.MultiplyAdd(x, y0, s50);
            s51 = TLanes.MultiplyAdd(x, y1, s51);
            x = TLanes.Create(left4[2 * rowStride]);
            s60 = TLanes.MultiplyAdd(x, y0, s60);
            s61 = TLanes.MultiplyAdd(x, y1, s61);
            x = TLanes.Create(left4[3 * rowStride]);
            s70 = TLanes.MultiplyAdd(x, y0, s70);
            s71 = TLanes.MultiplyAdd(x, y1, s71);
            left += depthStride;
            left4 += depthStride;
            right += rightStride;
        }
        Store(s00, sums, add);
        Store(s01, sums + TLanes.Count, add);
        sums += sumStride;
        Store(s10, sums, add);
        Store(s11, sums + TLanes.Count, add);
        sums += sumStride;
        Store(s20, sums, add);
        Store(s21, sums + TLanes.Count, add);
        sums += sumStride;
        Store(s30, sums, add);
        Store(s31, sums + TLanes.Count, add);
        sums += sumStride;
        Store(s40, sums, add);
        Store(s41, sums + TLanes.Count, add);
        sums += sumStride;
        Store(s50, sums, add);
        Store(s51, sums + TLanes.Count, add);
        sums += sumStride;
        Store(s60, sums, add);
        Store(s61, sums + TLanes.Count, add);
        sums += sumStride;
        Store(s70, sums, add);
        Store(s71, sums + TLanes.Count, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4By2(
        float* left, nint rowStride, nint depthStride, float* right, nint rightStride, int depth, float* sums,
        nint sumStride, bool add)
    {
        TVector s00 = TLanes.Create(0), s01 = TLanes.Create(0);
        TVector s10 = TLanes.Create(0), s11 = TLanes.Create(0);
        TVector s20 = TLanes.Create(0), s21 = TLanes.Create(0);
        TVector s30 = TLanes.Create(0), s31 = TLanes.Create(0);
        float* left2 = left + 2 * rowStride;
        for (int k = 0; k < depth; k++)
        {
            var y0 = TLanes.Load(right);
            var y1 = TLanes.Load(right + TLanes.Count);
            var x = TLanes.Create(*left);
            s00 = TLanes.MultiplyAdd(x, y0, s00);
            s01 = TLanes.MultiplyAdd(x, y1, s01);
            x = TLanes.Create(left[rowStride]);
            s10 = TLanes.MultiplyAdd(x, y0, s10);
            s11 = TLanes.MultiplyAdd(x, y1, s11);
            x = TLanes.Create(*left2);
            s20 = TLanes.MultiplyAdd(x, y0, s20);
            s21 = TLanes.MultiplyAdd(x, y1, s21);
            x = TLanes.Create(left2[rowStride]);
            s30 = TLanes.MultiplyAdd(x, y0, s30);
            s31 = TLanes.MultiplyAdd(x, y1, s31);
            left += depthStride;
            left2 += depthStride;
            right += rightStride;
        }
        Store(s00, sums, add);
        Store(s01, sums + TLanes.Count, add);
        sums += sumStride;
        Store(s10, sums, add);
        Store(s11, sums + TLanes.Count, add);
        sums += sumStride;
        Store(s20, sums, add);
        Store(s21, sums + TLanes.Count, add);
        sums += sumStride;
        Store(s30, sums, add);
        Store(s31, sums + TLanes.Count, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile16By1(
        float* left, nint rowStride, nint depthStride, float* right, nint rightStride, int depth, float* sums,
        nint sumStride, bool add)
    {
        TVector s0 = TLanes.Create(0), s1 = TLanes.Create(0);
        TVector s2 = TLanes.Create(0), s3 = TLanes.Create(0);
        TVector s4 = TLanes.Create(0), s5 = TLanes.Create(0);
        TVector s6 = TLanes.Create(0), s7 = TLanes.Create(0);
        TVector s8 = TLanes.Create(0), s9 = TLanes.Create(0);
        TVector s10 = TLanes.Create(0), s11 = TLanes.Create(0);
        TVector s12 = TLanes.Create(0), s13 = TLanes.Create(0);
        TVector s14 = TLanes.Create(0), s15 = TLanes.Create(0);
        float* left4 = left + 4 * rowStride;
        float* left8 = left + 8 * rowStride;
        float* left12 = left + 12 * rowStride;
        for (int k = 0; k < depth; k++)
        {
            var y = TLanes.Load(right);
            s0 = TLanes.MultiplyAdd(TLanes.Create(*left), y, s0);
            s1 = TLanes.MultiplyAdd(TLanes.Create(left[rowStride]), y, s1);
            s2 = TLanes.MultiplyAdd(TLanes.Create(left[2 * rowStride]), y, s2);
            s3 = TLanes.MultiplyAdd(TLanes.Create(left[3 * rowStride]), y, s3);
            s4 = TLanes.MultiplyAdd(TLanes.Create(*left4), y, s4);
            s5 = TLanes.MultiplyAdd(TLanes.Create(left4[rowStride]), y, s5);
            s6 = TLanes.MultiplyAdd(TLanes.Create(left4[2 * rowStride]), y, s6);
            s7 = TLanes.MultiplyAdd(TLanes.Create(left4[3 * rowStride]), y, s7);
            s8 = TLanes.MultiplyAdd(TLanes.Create(*left8), y, s8);
            s9 = TLanes.MultiplyAdd(TLanes.Create(left8[rowStride]), y, s9);
            s10 = TLanes.MultiplyAdd(TLanes.Create(left8[2 * rowStride]), y, s10);
            s11 = TLanes.MultiplyAdd(TLanes.Create(left8[3 * rowStride]), y, s11);
            s12 = TLanes.MultiplyAdd(TLanes.Create(*left12), y, s12);
            s13 = TLanes.MultiplyAdd(TLanes.Create(left12[rowStride]), y, s13);
            s14 = TLanes.MultiplyAdd(TLanes.Create(left12[2 * rowStride]), y, s14);
            s15 = TLanes.MultiplyAdd(TLanes.Create(left12[3 * rowStride]), y, s15);
            left += depthStride;
            left4 += depthStride;
            left8 += depthStride;
            left12 += depthStride;
            right += rightStride;
        }
        Store(s0, sums, add);
        sums += sumStride;
        Store(s1, sums, add);
        sums += sumStride;
        Store(s2, sums, add);
        sums += sumStride;
        Store(s3, sums, add);
        sums += sumStride;
        Store(s4, sums, add);
        sums += sumStride;
        Store(s5, sums, add);
        sums += sumStride;
        Store(s6, sums, add);
        sums += sumStride;
        Store(s7, sums, add);
        sums += sumStride;
        Store(s8, sums, add);
        sums += sumStride;
        Store(s9, sums, add);
        sums += sumStride;
        Store(s10, sums, add);
        sums += sumStride;
        Store(s11, sums, add);
        sums += sumStride;
        Store(s12, sums, add);
        sums += sumStride;
        Store(s13, sums, add);
        sums += sumStride;
        Store(s14, sums, add);
        sums += sumStride;
        Store(s15, sums, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8By1(
        float* left, nint rowStride, nint depthStride, float* right, nint rightStride, int depth, float* sums,
        nint sumStride, bool add)
    {
        TVector s0 = TLanes.Create(0), s1 = TLanes.Create(0);
        TVector s2 = TLanes.Create(0), s3 = TLanes.Create(0);
        TVector s4 = TLanes.Create(0), s5 = TLanes.Create(0);
        TVector s6 = TLanes.Create(0), s7 = TLanes.Create(0);
        float* left4 = left + 4 * rowStride;
        for (int k = 0; k < depth; k++)
        {
            var y = TLanes.Load(right);
            s0 = TLanes.MultiplyAdd(TLanes.Create(*left), y, s0);
            s1 = TLanes.MultiplyAdd(TLanes.Create(left[rowStride]), y, s1);
            s2 = TLanes.MultiplyAdd(TLanes.Create(left[2 * rowStride]), y, s2);
            s3 = TLanes.MultiplyAdd(TLanes.Create(left[3 * rowStride]), y, s3);
            s4 = TLanes.MultiplyAdd(TLanes.Create(*left4), y, s4);
            s5 = TLanes.MultiplyAdd(TLanes.Create(left4[rowStride]), y, s5);
            s6 = TLanes.MultiplyAdd(TLanes.Create(left4[2 * rowStride]), y, s6);
            s7 = TLanes.MultiplyAdd(TLanes.Create(left4[3 * rowStride]), y, s7);
            left += depthStride;
            left4 += depthStride;
            right += rightStride;
        }
        Store(s0, sums, add);
        sums += sumStride;
        Store(s1, sums, add);
        sums += sumStride;
        Store(s2, sums, add);
        sums += sumStride;
        Store(s3, sums, add);
        sums += sumStride;
        Store(s4, sums, add);
        sums += sumStride;
        Store(s5, sums, add);
        sums += sumStride;
        Store(s6, sums, add);
        sums += sumStride;
        Store(s7, sums, add);
    }
}
