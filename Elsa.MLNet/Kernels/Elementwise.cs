using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels;

/// <summary>Kernels that treat every element alike.</summary>
internal static unsafe class Elementwise
{
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

    /// <summary>max(value, 0) in place of each value; the length is a multiple of the lanes.</summary>
    public static void Relu(InstructionSet set, float* values, long length)
    {
        if (set == InstructionSet.Avx512)
            Relu<Lanes512, Vector512<float>>(values, length);
        else if (set == InstructionSet.Avx2)
            Relu<Lanes256, Vector256<float>>(values, length);
        else
            Relu<Lanes128, Vector128<float>>(values, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Relu<TLanes, TVector>(float* values, long length)
        where TLanes : ILanes<TVector>
        where TVector : unmanaged
    {
        var zero = TLanes.Create(0);
        for (long i = 0; i < length; i += TLanes.Count)
            TLanes.Store(TLanes.Max(TLanes.Load(values + i), zero), values + i);
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
