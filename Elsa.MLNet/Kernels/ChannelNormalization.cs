using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// Batch normalisation of one channel with the statistics of the batch, and its gradient. The channel is a plane of
/// each image; sums are taken plane by plane in single precision and added up in double precision, in a fixed order.
/// </summary>
internal readonly unsafe struct ChannelNormalization
{
    /// <summary>Planes of the channel.</summary>
    public required int Images { get; init; }

    /// <summary>Values of a plane.</summary>
    public required int Plane { get; init; }

    /// <summary>From a plane to the next image's.</summary>
    public required long Stride { get; init; }

    /// <summary>Added to the variance.</summary>
    public required float Epsilon { get; init; }

    /// <summary>Whether negative results are replaced by 0.</summary>
    public required bool Relu { get; init; }

    private double Count => (double)Images * Plane;

    /// <summary>Mean, biased variance and y = scale * (x - mean) / sqrt(variance + epsilon) + bias +
    /// addend, which may be null.</summary>
    public (float Mean, float Variance) Normalize(
        InstructionSet set, float* x, float scale, float bias, float* addend, float* y)
    {
        if (set == InstructionSet.Avx512)
            return Normalize<Lanes512, Vector512<float>>(x, scale, bias, addend, y);
        return set == InstructionSet.Avx2
            ? Normalize<Lanes256, Vector256<float>>(x, scale, bias, addend, y)
            : Normalize<Lanes128, Vector128<float>>(x, scale, bias, addend, y);
    }

    /// <summary>
    /// With g = dy (where y > 0, if there is a Relu), h = (x - mean) / sqrt(variance + epsilon) and M values in the
    /// channel: dbias = sum(g), dscale = sum(g * h), dx = scale / sqrt(variance + epsilon) *
    /// (g - dbias / M - h * dscale / M).
    /// </summary>
    public (float Scale, float Bias) Gradient(
        InstructionSet set, float* dy, float* x, float* y, float scale, float mean, float variance, float* dx)
    {
        if (set == InstructionSet.Avx512)
            return Gradient<Lanes512, Vector512<float>>(dy, x, y, scale, mean, variance, dx);
        return set == InstructionSet.Avx2
            ? Gradient<Lanes256, Vector256<float>>(dy, x, y, scale, mean, variance, dx)
            : Gradient<Lanes128, Vector128<float>>(dy, x, y, scale, mean, variance, dx);
    }

    private (float Mean, float Variance) Normalize<TLanes, TVector>(
        float* x, float scale, float bias, float* addend, float* y)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        double sum = 0, squares = 0;
        for (int image = 0; image < Images; image++)
            sum += Sum<TLanes, TVector>(x + image * Stride);
        float mean = (float)(sum / Count);
        for (int image = 0; image < Images; image++)
            squares += Squares<TLanes, TVector>(x + image * Stride, mean);
        float variance = (float)(squares / Count);
        float factor = scale / MathF.Sqrt(variance + Epsilon);
        for (int image = 0; image < Images; image++)
        {
            long at = image * Stride;
            Apply<TLanes, TVector>(x + at, mean, factor, bias, addend is null ? null : addend + at, y + at);
        }
        return (mean, variance);
    }

    private (float Scale, float Bias) Gradient<TLanes, TVector>(
        float* dy, float* x, float* y, float scale, float mean, float variance, float* dx)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        double sum = 0, products = 0;
        for (int image = 0; image < Images; image++)
        {
            var (planeSum, planeProducts) =
                GradientSums<TLanes, TVector>(dy + image * Stride, x + image * Stride, y + image * Stride, mean);
            sum += planeSum;
            products += planeProducts;
        }
        double inverse = 1 / Math.Sqrt(variance + Epsilon);
        double factor = scale * inverse;
        float slope = (float)(-factor * products * inverse * inverse / Count), shift = (float)(-factor * sum / Count);
        for (int image = 0; image < Images; image++)
        {
            long at = image * Stride;
            ApplyGradient<TLanes, TVector>(dy + at, x + at, y + at, mean, (float)factor, slope, shift, dx + at);
        }
        return ((float)(products * inverse), (float)sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Sum<TLanes, TVector>(float* x) where TLanes : ILanes<TVector> where TVector : unmanaged
    {
        TVector sum0 = TLanes.Create(0), sum1 = sum0;
        int i = 0;
        for (; i <= Plane - 2 * TLanes.Count; i += 2 * TLanes.Count)
        {
            sum0 = TLanes.Add(sum0, TLanes.Load(x + i));
            sum1 = TLanes.Add(sum1, TLanes.Load(x + i + TLanes.Count));
        }
        double sum = TLanes.Sum(TLanes.Add(sum0, sum1));
        for (; i < Plane; i++)
            sum += x[i];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Squares<TLanes, TVector>(float* x, float mean)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector sum0 = TLanes.Create(0), sum1 = sum0, minusMean = TLanes.Create(-mean);
        int i = 0;
        for (; i <= Plane - 2 * TLanes.Count; i += 2 * TLanes.Count)
        {
            var centered0 = TLanes.Add(TLanes.Load(x + i), minusMean);
            var centered1 = TLanes.Add(TLanes.Load(x + i + TLanes.Count), minusMean);
            sum0 = TLanes.MultiplyAdd(centered0, centered0, sum0);
            sum1 = TLanes.MultiplyAdd(centered1, centered1, sum1);
        }
        double sum = TLanes.Sum(TLanes.Add(sum0, sum1));
        for (; i < Plane; i++)
            sum += (double)(x[i] - mean) * (x[i] - mean);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply<TLanes, TVector>(
        float* x, float mean, float factor, float bias, float* addend, float* y)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector minusMean = TLanes.Create(-mean), slope = TLanes.Create(factor), shift = TLanes.Create(bias);
        var floor = TLanes.Create(Relu ? 0 : float.NegativeInfinity);
        int i = 0;
        for (; i <= Plane - TLanes.Count; i += TLanes.Count)
        {
            var centered = TLanes.Add(TLanes.Load(x + i), minusMean);
            var value = TLanes.MultiplyAdd(centered, slope, shift);
            if (addend is not null)
                value = TLanes.Add(value, TLanes.Load(addend + i));
            TLanes.Store(TLanes.Max(value, floor), y + i);
        }
        for (; i < Plane; i++)
        {
            float value = MathF.FusedMultiplyAdd(x[i] - mean, factor, bias) + (addend is null ? 0 : addend[i]);
            y[i] = MathF.Max(value, Relu ? 0 : float.NegativeInfinity);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Sum, double Products) GradientSums<TLanes, TVector>(float* dy, float* x, float* y, float mean)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector sums = TLanes.Create(0), products = sums, minusMean = TLanes.Create(-mean);
        int i = 0;
        for (; i <= Plane - TLanes.Count; i += TLanes.Count)
        {
            var gradient = TLanes.Load(dy + i);
            if (Relu)
                gradient = TLanes.WherePositive(TLanes.Load(y + i), gradient);
            sums = TLanes.Add(sums, gradient);
            products = TLanes.MultiplyAdd(gradient, TLanes.Add(TLanes.Load(x + i), minusMean), products);
        }
        double sum = TLanes.Sum(sums), product = TLanes.Sum(products);
        for (; i < Plane; i++)
        {
            float gradient = Relu && !(y[i] > 0) ? 0 : dy[i];
            sum += gradient;
            product += (double)gradient * (x[i] - mean);
        }
        return (sum, product);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ApplyGradient<TLanes, TVector>(
        float* dy, float* x, float* y, float mean, float factor, float slope, float shift, float* dx)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector minusMean = TLanes.Create(-mean), factors = TLanes.Create(factor);
        TVector slopes = TLanes.Create(slope), shifts = TLanes.Create(shift);
        int i = 0;
        for (; i <= Plane - TLanes.Count; i += TLanes.Count)
        {
            var gradient = TLanes.Load(dy + i);
            if (Relu)
                gradient = TLanes.WherePositive(TLanes.Load(y + i), gradient);
            var centered = TLanes.Add(TLanes.Load(x + i), minusMean);
            TLanes.Store(
                TLanes.MultiplyAdd(gradient, factors, TLanes.MultiplyAdd(centered, slopes, shifts)), dx + i);
        }
        for (; i < Plane; i++)
        {
            float gradient = Relu && !(y[i] > 0) ? 0 : dy[i];
            dx[i] = MathF.FusedMultiplyAdd(
                gradient, factor, MathF.FusedMultiplyAdd(x[i] - mean, slope, shift));
        }
    }
}
