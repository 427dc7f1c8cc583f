using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels;

/// <summary>Transposed copies of small matrices.</summary>
internal static unsafe class Transposition
{
    /// <summary>to[c * toStride + r] = from[r * fromStride + c].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* from, nint fromStride, int rows, int columns, float* to, nint toStride)
    {
        int row = 0;
        if (Avx.IsSupported)
        {
            for (; row <= rows - 8; row += 8)
            {
                int column = 0;
                for (; column <= columns - 8; column += 8)
                    Block8(from + row * fromStride + column, fromStride, to + column * toStride + row, toStride);
                for (; column <= columns - 4; column += 4)
                {
                    Block4(from + row * fromStride + column, fromStride, to + column * toStride + row, toStride);
                    Block4(
                        from + (row + 4) * fromStride + column, fromStride, to + column * toStride + row + 4, toStride);
                }
                Single(from, fromStride, row, row + 8, column, columns, to, toStride);
            }
        }
        for (; row <= rows - 4; row += 4)
        {
            int column = 0;
            for (; column <= columns - 4; column += 4)
                Block4(from + row * fromStride + column, fromStride, to + column * toStride + row, toStride);
            Single(from, fromStride, row, row + 4, column, columns, to, toStride);
        }
        Single(from, fromStride, row, rows, 0, columns, to, toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Single(
        float* from, nint fromStride, int firstRow, int endRow, int firstColumn, int endColumn, float* to,
        nint toStride)
    {
        for (int column = firstColumn; column < endColumn; column++)
        {
            for (int row = firstRow; row < endRow; row++)
                to[column * toStride + row] = from[row * fromStride + column];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block4(float* from, nint fromStride, float* to, nint toStride)
    {
        Vector128<float> a = Vector128.Load(from), b = Vector128.Load(from + fromStride);
        Vector128<float> c = Vector128.Load(from + 2 * fromStride), d = Vector128.Load(from + 3 * fromStride);
        var (ac0, ac1) = (Low(a, c), High(a, c));
        var (bd0, bd1) = (Low(b, d), High(b, d));
        Vector128.Store(Low(ac0, bd0), to);
        Vector128.Store(High(ac0, bd0), to + toStride);
        Vector128.Store(Low(ac1, bd1), to + 2 * toStride);
        Vector128.Store(High(ac1, bd1), to + 3 * toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> left, Vector128<float> right) => Sse.IsSupported
        ? Sse.UnpackLow(left, right)
        : Vector128.Create(left[0], right[0], left[1], right[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> left, Vector128<float> right) => Sse.IsSupported
        ? Sse.UnpackHigh(left, right)
        : Vector128.Create(left[2], right[2], left[3], right[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block8(float* from, nint fromStride, float* to, nint toStride)
    {
        // Rows r and r + 4 share a vector, so that two rounds of unpacking within halves are all that is left.
        float* from4 = from + 4 * fromStride;
        Half8(from, from4, fromStride, to, toStride);
        Half8(from + 4, from4 + 4, fromStride, to + 4 * toStride, toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half8(float* low, float* high, nint fromStride, float* to, nint toStride)
    {
        var a = Vector256.Create(Vector128.Load(low), Vector128.Load(high));
        var b = Vector256.Create(Vector128.Load(low + fromStride), Vector128.Load(high + fromStride));
        var c = Vector256.Create(Vector128.Load(low + 2 * fromStride), Vector128.Load(high + 2 * fromStride));
        var d = Vector256.Create(Vector128.Load(low + 3 * fromStride), Vector128.Load(high + 3 * fromStride));
        Vector256<float> ac0 = Avx.UnpackLow(a, c), ac1 = Avx.UnpackHigh(a, c);
        Vector256<float> bd0 = Avx.UnpackLow(b, d), bd1 = Avx.UnpackHigh(b, d);
        Vector256.Store(Avx.UnpackLow(ac0, bd0), to);
        Vector256.Store(Avx.UnpackHigh(ac0, bd0), to + toStride);
        Vector256.Store(Avx.UnpackLow(ac1, bd1), to + 2 * toStride);
        Vector256.Store(Avx.UnpackHigh(ac1, bd1), to + 3 * toStride);
    }
}
