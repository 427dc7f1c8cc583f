using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels;

/// <summary>Kernels that treat every element alike.</summary>
internal static unsafe class Elementwise
{
    /// <summary>A magnitude of values of which no products and sums of a convolution overflow.</summary>
    public const float Moderate = 1e15f;

    /// <summary>dx = dy where y is greater than zero, otherwise 0 (so also where y is NaN).</summary>
    public static void ReluGradient(InstructionSet set, float* dy, float* y, float* dx, long length)
    {
        if (set == InstructionSet.Avx512)
            ReluGradient<Lanes512, Vector512<float>>(dy, y, dx, length);
        else if (set == InstructionSet.Avx2)
            ReluGradient<Lanes256, Vector256<float>>(dy, y, dx, length);
        else
            ReluGradient<Lanes128, Vector128<float>>(dy, y, dx, length);
    }

    /// <summary>Whether all magnitudes are at most <see cref="Moderate"/>; not so where there is a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool AreModerate(float* values, long length)
    {
        // Magnitudes are ordered as their bits are, and infinity and NaN come last.
        const uint Magnitude = 0x7fff_ffff;
        uint limit = BitConverter.SingleToUInt32Bits(Moderate), most = 0;
        var (mosts, magnitudes) = (Vector512<uint>.Zero, Vector512.Create(Magnitude));
        long i = 0;
        for (; i <= length - Vector512<uint>.Count; i += Vector512<uint>.Count)
            mosts = Vector512.Max(mosts, Vector512.Load((uint*)values + i) & magnitudes);
        for (; i < length; i++)
            most = Math.Max(most, ((uint*)values)[i] & Magnitude);
        return most <= limit && Vector512.LessThanOrEqualAll(mosts, Vector512.Create(limit));
    }

    /// <summary>
    /// v' = momentum * v + (trained ? g : 0) + decay * w, w' = trained ? w - rate * v' : w.
    /// </summary>
    public static void Sgd(
        InstructionSet set, float* w, float* g, float* v, bool* trained, (float Rate, float Momentum, float Decay) by,
        float* nextW, float* nextV, int length)
    {
        if (set == InstructionSet.Avx512)
            Sgd<Lanes512, Vector512<float>>(w, g, v, trained, by, nextW, nextV, length);
        else if (set == InstructionSet.Avx2)
            Sgd<Lanes256, Vector256<float>>(w, g, v, trained, by, nextW, nextV, length);
        else
            Sgd<Lanes128, Vector128<float>>(w, g, v, trained, by, nextW, nextV, length);
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sgd<TLanes, TVector>(
        float* w, float* g, float* v, bool* trained, (float Rate, float Momentum, float Decay) by, float* nextW,
        float* nextV, int length)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        TVector momentum = TLanes.Create(by.Momentum), decay = TLanes.Create(by.Decay);
        TVector minusRate = TLanes.Create(-by.Rate), zero = TLanes.Create(0);
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
        {
            var weight = TLanes.Load(w + i);
            var chosen = TLanes.WhereTrue(trained + i, TLanes.Load(g + i), zero);
            var velocity = TLanes.MultiplyAdd(
                momentum, TLanes.Load(v + i), TLanes.MultiplyAdd(decay, weight, chosen));
            TLanes.Store(velocity, nextV + i);
            TLanes.Store(
                TLanes.WhereTrue(trained + i, TLanes.MultiplyAdd(minusRate, velocity, weight), weight), nextW + i);
        }
        for (; i < length; i++)
        {
            float chosen = trained[i] ? g[i] : 0;
            nextV[i] = MathF.FusedMultiplyAdd(by.Momentum, v[i], MathF.FusedMultiplyAdd(by.Decay, w[i], chosen));
            nextW[i] = trained[i] ? MathF.FusedMultiplyAdd(-by.Rate, nextV[i], w[i]) : w[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReluGradient<TLanes, TVector>(float* dy, float* y, float* dx, long length)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        long i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
            TLanes.Store(TLanes.WherePositive(TLanes.Load(y + i), TLanes.Load(dy + i)), dx + i);
        for (; i < length; i++)
            dx[i] = y[i] > 0 ? dy[i] : 0;
    }
}
