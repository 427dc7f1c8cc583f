using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// The transforms of Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, "Fast Algorithms for Convolutional
/// Neural Networks", 2015), y = A^T [(G g G^T) * (B^T d B)] A: 36 products per tile of 4 x 4 outputs instead of 144,
/// and their adjoints for the weight gradient, dg = G^T [(A dy A^T) * (B^T d B)] G. A lane is a channel. Element (i, j)
/// of a transformed tile has the number 6 i + j.
/// </summary>
internal static unsafe class WinogradTransforms<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Elements of a transformed tile.</summary>
    public const int Elements = Size * Size;

    /// <summary>Outputs of a tile along an axis.</summary>
    public const int Outputs = 4;

    private const int Size = 6;

    private const int Taps = 3;

    /// <summary>B^T d B of 6 x 6 positions.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float* source, nint rowStride, float* to, nint stride)
    {
        TVector* t = stackalloc TVector[Elements];
        for (int j = 0; j < Size; j++)
        {
            float* d = source + j * TLanes.Count;
            Input(
                TLanes.Load(d), TLanes.Load(d + rowStride), TLanes.Load(d + 2 * rowStride),
                TLanes.Load(d + 3 * rowStride), TLanes.Load(d + 4 * rowStride), TLanes.Load(d + 5 * rowStride),
                out t[j], out t[Size + j], out t[2 * Size + j], out t[3 * Size + j], out t[4 * Size + j],
                out t[5 * Size + j]);
        }
        for (int i = 0; i < Elements; i += Size, to += Size * stride)
        {
            Input(
                t[i], t[i + 1], t[i + 2], t[i + 3], t[i + 4], t[i + 5], out var a, out var b, out var c, out var d,
                out var e, out var f);
            TLanes.Store(a, to);
            TLanes.Store(b, to + stride);
            TLanes.Store(c, to + 2 * stride);
            TLanes.Store(d, to + 3 * stride);
            TLanes.Store(e, to + 4 * stride);
            TLanes.Store(f, to + 5 * stride);
        }
    }

    /// <summary>A^T m A: 4 x 4 outputs.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(float* products, nint stride, float* to, nint rowStride)
    {
        TVector* t = stackalloc TVector[Outputs * Size];
        for (int j = 0; j < Size; j++)
        {
            float* m = products + j * stride;
            Output(
                TLanes.Load(m), TLanes.Load(m + Size * stride), TLanes.Load(m + 2 * Size * stride),
                TLanes.Load(m + 3 * Size * stride), TLanes.Load(m + 4 * Size * stride),
                TLanes.Load(m + 5 * Size * stride), out t[j], out t[Size + j], out t[2 * Size + j],
                out t[3 * Size + j]);
        }
        for (int i = 0; i < Outputs * Size; i += Size, to += rowStride)
        {
            Output(
                t[i], t[i + 1], t[i + 2], t[i + 3], t[i + 4], t[i + 5], out var a, out var b, out var c, out var d);
            TLanes.Store(a, to);
            TLanes.Store(b, to + TLanes.Count);
            TLanes.Store(c, to + 2 * TLanes.Count);
            TLanes.Store(d, to + 3 * TLanes.Count);
        }
    }

    /// <summary>A dy A^T of 4 x 4 gradients.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient(float* source, nint rowStride, float* to, nint stride)
    {
        TVector* t = stackalloc TVector[Outputs * Size];
        for (int j = 0; j < Outputs; j++)
        {
            float* d = source + j * TLanes.Count;
            Gradient(
                TLanes.Load(d), TLanes.Load(d + rowStride), TLanes.Load(d + 2 * rowStride),
                TLanes.Load(d + 3 * rowStride), out t[j], out t[Outputs + j], out t[2 * Outputs + j],
                out t[3 * Outputs + j], out t[4 * Outputs + j], out t[5 * Outputs + j]);
        }
        for (int i = 0; i < Outputs * Size; i += Outputs, to += Size * stride)
        {
            Gradient(
                t[i], t[i + 1], t[i + 2], t[i + 3], out var a, out var b, out var c, out var d, out var e, out var f);
            TLanes.Store(a, to);
            TLanes.Store(b, to + stride);
            TLanes.Store(c, to + 2 * stride);
            TLanes.Store(d, to + 3 * stride);
            TLanes.Store(e, to + 4 * stride);
            TLanes.Store(f, to + 5 * stride);
        }
    }

    /// <summary>G g G^T of 3 x 3 weights, vector by vector.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Kernel(TVector* weights, float* to, nint stride)
    {
        TVector* t = stackalloc TVector[Size * Taps];
        for (int j = 0; j < Taps; j++)
        {
            Kernel(
                weights[j], weights[Taps + j], weights[2 * Taps + j], out t[j], out t[Taps + j], out t[2 * Taps + j],
                out t[3 * Taps + j], out t[4 * Taps + j], out t[5 * Taps + j]);
        }
        for (int i = 0; i < Size * Taps; i += Taps, to += Size * stride)
        {
            Kernel(t[i], t[i + 1], t[i + 2], out var a, out var b, out var c, out var d, out var e, out var f);
            TLanes.Store(a, to);
            TLanes.Store(b, to + stride);
            TLanes.Store(c, to + 2 * stride);
            TLanes.Store(d, to + 3 * stride);
            TLanes.Store(e, to + 4 * stride);
            TLanes.Store(f, to + 5 * stride);
        }
    }

    /// <summary>G^T s G: gradients of 3 x 3 weights, vector by vector.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void KernelGradient(TVector* sums, TVector* weights)
    {
        TVector* t = stackalloc TVector[Taps * Size];
        for (int j = 0; j < Size; j++)
        {
            KernelGradient(
                sums[j], sums[Size + j], sums[2 * Size + j], sums[3 * Size + j], sums[4 * Size + j],
                sums[5 * Size + j], out t[j], out t[Size + j], out t[2 * Size + j]);
        }
        for (int i = 0; i < Taps; i++, t += Size, weights += Taps)
            KernelGradient(t[0], t[1], t[2], t[3], t[4], t[5], out weights[0], out weights[1], out weights[2]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Input(
        TVector d0, TVector d1, TVector d2, TVector d3, TVector d4, TVector d5, out TVector t0, out TVector t1,
        out TVector t2, out TVector t3, out TVector t4, out TVector t5)
    {
        TVector four = TLanes.Create(4), minusFour = TLanes.Create(-4), minusFive = TLanes.Create(-5);
        var even = TLanes.MultiplyAdd(minusFour, d2, d4);
        var odd = TLanes.MultiplyAdd(minusFour, d1, d3);
        var outer = TLanes.Subtract(d4, d2);
        var inner = TLanes.Subtract(d3, d1);
        var twice = TLanes.Add(inner, inner);
        t0 = TLanes.MultiplyAdd(four, d0, TLanes.MultiplyAdd(minusFive, d2, d4));
        t1 = TLanes.Add(even, odd);
        t2 = TLanes.Subtract(even, odd);
        t3 = TLanes.Add(outer, twice);
        t4 = TLanes.Subtract(outer, twice);
        t5 = TLanes.MultiplyAdd(four, d1, TLanes.MultiplyAdd(minusFive, d3, d5));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Output(
        TVector m0, TVector m1, TVector m2, TVector m3, TVector m4, TVector m5, out TVector y0, out TVector y1,
        out TVector y2, out TVector y3)
    {
        TVector sum = TLanes.Add(m1, m2), difference = TLanes.Subtract(m1, m2);
        TVector farSum = TLanes.Add(m3, m4), farDifference = TLanes.Subtract(m3, m4);
        y0 = TLanes.Add(TLanes.Add(m0, sum), farSum);
        y1 = TLanes.MultiplyAdd(TLanes.Create(2), farDifference, difference);
        y2 = TLanes.MultiplyAdd(TLanes.Create(4), farSum, sum);
        y3 = TLanes.MultiplyAdd(TLanes.Create(8), farDifference, TLanes.Add(difference, m5));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gradient(
        TVector y0, TVector y1, TVector y2, TVector y3, out TVector e0, out TVector e1, out TVector e2,
        out TVector e3, out TVector e4, out TVector e5)
    {
        TVector even = TLanes.Add(y0, y2), odd = TLanes.Add(y1, y3), four = TLanes.Create(4);
        var farEven = TLanes.MultiplyAdd(four, y2, y0);
        var half = TLanes.MultiplyAdd(four, y3, y1);
        var farOdd = TLanes.Add(half, half);
        e0 = y0;
        e1 = TLanes.Add(even, odd);
        e2 = TLanes.Subtract(even, odd);
        e3 = TLanes.Add(farEven, farOdd);
        e4 = TLanes.Subtract(farEven, farOdd);
        e5 = y3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Kernel(
        TVector g0, TVector g1, TVector g2, out TVector w0, out TVector w1, out TVector w2, out TVector w3,
        out TVector w4, out TVector w5)
    {
        TVector zero = TLanes.Create(0), minusSixth = TLanes.Create(-1f / 6);
        var near = TLanes.MultiplyAdd(minusSixth, TLanes.Add(g0, g2), zero);
        var nearMiddle = TLanes.MultiplyAdd(minusSixth, g1, zero);
        var far = TLanes.MultiplyAdd(
            TLanes.Create(1f / 24), g0, TLanes.MultiplyAdd(TLanes.Create(1f / 6), g2, zero));
        var farMiddle = TLanes.MultiplyAdd(TLanes.Create(1f / 12), g1, zero);
        w0 = TLanes.MultiplyAdd(TLanes.Create(0.25f), g0, zero);
        w1 = TLanes.Add(near, nearMiddle);
        w2 = TLanes.Subtract(near, nearMiddle);
        w3 = TLanes.Add(far, farMiddle);
        w4 = TLanes.Subtract(far, farMiddle);
        w5 = g2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void KernelGradient(
        TVector s0, TVector s1, TVector s2, TVector s3, TVector s4, TVector s5, out TVector g0, out TVector g1,
        out TVector g2)
    {
        TVector near = TLanes.Add(s1, s2), far = TLanes.Add(s3, s4), zero = TLanes.Create(0);
        TVector sixth = TLanes.Create(1f / 6), minusSixth = TLanes.Create(-1f / 6);
        var nearPart = TLanes.MultiplyAdd(minusSixth, near, zero);
        g0 = TLanes.MultiplyAdd(
            TLanes.Create(0.25f), s0, TLanes.MultiplyAdd(TLanes.Create(1f / 24), far, nearPart));
        g1 = TLanes.MultiplyAdd(
            sixth, TLanes.Subtract(s2, s1),
            TLanes.MultiplyAdd(TLanes.Create(1f / 12), TLanes.Subtract(s3, s4), zero));
        g2 = TLanes.Add(TLanes.MultiplyAdd(sixth, far, nearPart), s5);
    }
}
