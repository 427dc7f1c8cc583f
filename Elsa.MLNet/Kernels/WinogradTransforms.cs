using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// The transforms of Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray, "Fast Algorithms for Convolutional
/// Neural Networks", 2015): 16 products per tile of 2 x 2 outputs instead of 36. Element (i, j) of a transformed tile
/// has the number 4 i + j.
/// </summary>
internal static unsafe class WinogradTransforms
{
    /// <summary>Elements of a transformed tile.</summary>
    public const int Elements = 16;

    /// <summary>G g G^T of a kernel of 3 x 3 weights, <paramref name="step"/> apart (negative for a turned
    /// one).</summary>
    public static void Kernel(float* weights, int step, float* transformed)
    {
        float* rows = stackalloc float[12];
        for (int column = 0; column < 3; column++)
            Filter(weights + column * step, 3 * step, rows + column, 3);
        for (int row = 0; row < 4; row++)
            Filter(rows + 3 * row, 1, transformed + 4 * row, 1);
    }

    /// <summary>B^T d B of the tiles at all positions: 4 lines of phases to 16 lines.</summary>
    public static void Input(
        InstructionSet set, float* source, ReadOnlySpan<int> offsets, float* transformed, nint stride, int line)
    {
        fixed (int* shifts = offsets)
        {
            if (set == InstructionSet.Avx512)
                Input<Lanes512, Vector512<float>>(source, shifts, transformed, stride, line);
            else if (set == InstructionSet.Avx2)
                Input<Lanes256, Vector256<float>>(source, shifts, transformed, stride, line);
            else
                Input<Lanes128, Vector128<float>>(source, shifts, transformed, stride, line);
        }
    }

    /// <summary>A^T m A + bias of the tiles at all positions: 16 lines to 4, one per output of a tile.</summary>
    public static void Output(
        InstructionSet set, float* products, nint stride, float bias, float* outputs, int line)
    {
        if (set == InstructionSet.Avx512)
            Output<Lanes512, Vector512<float>>(products, stride, bias, outputs, line);
        else if (set == InstructionSet.Avx2)
            Output<Lanes256, Vector256<float>>(products, stride, bias, outputs, line);
        else
            Output<Lanes128, Vector128<float>>(products, stride, bias, outputs, line);
    }

    private static void Filter(float* g, int step, float* to, int toStep)
    {
        float sum = g[0] + g[2 * step];
        to[0] = g[0];
        to[toStep] = 0.5f * (sum + g[step]);
        to[2 * toStep] = 0.5f * (sum - g[step]);
        to[3 * toStep] = g[2 * step];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Input<TLanes, TVector>(float* source, int* offsets, float* transformed, nint stride, int line)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        for (nint p = 0; p < line; p += TLanes.Count)
        {
            float* d = source + p;
            Column<TLanes, TVector>(d, offsets + 0, out var a0, out var b0, out var c0, out var e0);
            Column<TLanes, TVector>(d, offsets + 1, out var a1, out var b1, out var c1, out var e1);
            Column<TLanes, TVector>(d, offsets + 2, out var a2, out var b2, out var c2, out var e2);
            Column<TLanes, TVector>(d, offsets + 3, out var a3, out var b3, out var c3, out var e3);
            float* to = transformed + p;
            Row<TLanes, TVector>(a0, a1, a2, a3, to, stride);
            Row<TLanes, TVector>(b0, b1, b2, b3, to + 4 * stride, stride);
            Row<TLanes, TVector>(c0, c1, c2, c3, to + 8 * stride, stride);
            Row<TLanes, TVector>(e0, e1, e2, e3, to + 12 * stride, stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column<TLanes, TVector>(
        float* source, int* offsets, out TVector t0, out TVector t1, out TVector t2, out TVector t3)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector d0 = TLanes.Load(source + offsets[0]), d1 = TLanes.Load(source + offsets[4]);
        TVector d2 = TLanes.Load(source + offsets[8]), d3 = TLanes.Load(source + offsets[12]);
        t0 = TLanes.Subtract(d0, d2);
        t1 = TLanes.Add(d1, d2);
        t2 = TLanes.Subtract(d2, d1);
        t3 = TLanes.Subtract(d1, d3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<TLanes, TVector>(TVector t0, TVector t1, TVector t2, TVector t3, float* to, nint stride)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TLanes.Store(TLanes.Subtract(t0, t2), to);
        TLanes.Store(TLanes.Add(t1, t2), to + stride);
        TLanes.Store(TLanes.Subtract(t2, t1), to + 2 * stride);
        TLanes.Store(TLanes.Subtract(t1, t3), to + 3 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Output<TLanes, TVector>(float* products, nint stride, float bias, float* outputs, int line)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector* rows = stackalloc TVector[8];
        var shift = TLanes.Create(bias);
        for (nint p = 0; p < line; p += TLanes.Count)
        {
            for (int j = 0; j < 4; j++)
            {
                float* m = products + j * stride + p;
                TVector m1 = TLanes.Load(m + 4 * stride), m2 = TLanes.Load(m + 8 * stride);
                rows[j] = TLanes.Add(TLanes.Load(m), TLanes.Add(m1, m2));
                rows[4 + j] = TLanes.Subtract(TLanes.Subtract(m1, m2), TLanes.Load(m + 12 * stride));
            }
            float* to = outputs + p;
            for (int i = 0; i < 8; i += 4, to += 2 * (nint)line)
            {
                TVector first = TLanes.Add(rows[i], shift), second = TLanes.Add(rows[i + 1], shift);
                TLanes.Store(TLanes.Add(first, TLanes.Add(rows[i + 1], rows[i + 2])), to);
                TLanes.Store(TLanes.Subtract(TLanes.Subtract(second, rows[i + 2]), rows[i + 3]), to + line);
            }
        }
    }
}
