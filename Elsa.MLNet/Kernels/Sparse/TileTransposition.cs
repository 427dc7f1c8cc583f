using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// Transposed copies between rows far apart and a narrow tile. Whole cache lines are read and written, for rows whose
/// distance is a power of two share a few sets of the cache; and the far rows are walked sixteen at a time from end to end,
/// which the processor's prefetcher follows.
/// </summary>
internal static unsafe class TileTransposition
{
    private const int Line = 16;

    /// <summary>tile[c * width + r] = rows[r * stride + c].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(float* rows, nint stride, int rowCount, int columns, float* tile, nint width)
    {
        int row = 0;
        if (Avx512F.IsSupported)
        {
            int whole = columns & -Line;
            for (; row <= rowCount - Line; row += Line)
            {
                for (int column = 0; column < whole; column += Line)
                    Block(rows + row * stride + column, stride, tile + column * width + row, width);
                if (whole < columns)
                {
                    Transposition.Copy(
                        rows + row * stride + whole, stride, Line, columns - whole, tile + whole * width + row, width);
                }
            }
        }
        const int Eight = 8;
        for (; row < rowCount; row += Eight)
        {
            Transposition.Copy(
                rows + row * stride, stride, Math.Min(Eight, rowCount - row), columns, tile + row, width);
        }
    }

    /// <summary>rows[r * stride + c] = tile[c * width + r].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scatter(float* tile, nint width, int rowCount, int columns, float* rows, nint stride)
    {
        int row = 0;
        for (; row <= rowCount - Line; row += Line)
        {
            int column = 0;
            if (Avx512F.IsSupported)
            {
                for (; column <= columns - Line; column += Line)
                    Block(tile + column * width + row, width, rows + row * stride + column, stride);
            }
            Transposition.Copy(
                tile + column * width + row, width, columns - column, Line, rows + row * stride + column, stride);
        }
        if (row < rowCount)
            Transposition.Copy(tile + row, width, columns, rowCount - row, rows + row * stride, stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block(float* from, nint stride, float* to, nint toStride)
    {
        // Pairs, then fours of rows within each 128 bits; then the 128-bit parts of rows four apart.
        var (a0, a1, a2, a3) = Fours(from, stride);
        var (b0, b1, b2, b3) = Fours(from + 4 * stride, stride);
        var (c0, c1, c2, c3) = Fours(from + 8 * stride, stride);
        var (d0, d1, d2, d3) = Fours(from + 12 * stride, stride);
        Parts(a0, b0, c0, d0, to, toStride);
        Parts(a1, b1, c1, d1, to + toStride, toStride);
        Parts(a2, b2, c2, d2, to + 2 * toStride, toStride);
        Parts(a3, b3, c3, d3, to + 3 * toStride, toStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float>, Vector512<float>, Vector512<float>, Vector512<float>) Fours(
        float* from, nint stride)
    {
        Vector512<float> a = Vector512.Load(from), b = Vector512.Load(from + stride);
        Vector512<float> c = Vector512.Load(from + 2 * stride), d = Vector512.Load(from + 3 * stride);
        Vector512<double> ab0 = Avx512F.UnpackLow(a, b).AsDouble(), ab1 = Avx512F.UnpackHigh(a, b).AsDouble();
        Vector512<double> cd0 = Avx512F.UnpackLow(c, d).AsDouble(), cd1 = Avx512F.UnpackHigh(c, d).AsDouble();
        return (Avx512F.UnpackLow(ab0, cd0).AsSingle(), Avx512F.UnpackHigh(ab0, cd0).AsSingle(),
            Avx512F.UnpackLow(ab1, cd1).AsSingle(), Avx512F.UnpackHigh(ab1, cd1).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Parts(
        Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* to, nint toStride)
    {
        const byte Even = 0b10_00_10_00, Odd = 0b11_01_11_01;
        Vector512<float> ab = Avx512F.Shuffle4x128(a, b, Even), cd = Avx512F.Shuffle4x128(c, d, Even);
        Vector512.Store(Avx512F.Shuffle4x128(ab, cd, Even), to);
        Vector512.Store(Avx512F.Shuffle4x128(ab, cd, Odd), to + 8 * toStride);
        ab = Avx512F.Shuffle4x128(a, b, Odd);
        cd = Avx512F.Shuffle4x128(c, d, Odd);
        Vector512.Store(Avx512F.Shuffle4x128(ab, cd, Even), to + 4 * toStride);
        Vector512.Store(Avx512F.Shuffle4x128(ab, cd, Odd), to + 12 * toStride);
    }
}
