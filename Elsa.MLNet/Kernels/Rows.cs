using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels;

/// <summary>Copies of short rows, for which a call costs more than the copy.</summary>
internal static unsafe class Rows
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(float* source, float* destination, int count)
    {
        if (count >= Vector256<float>.Count)
        {
            int last = count - Vector256<float>.Count;
            for (int i = 0; i < last; i += Vector256<float>.Count)
                Vector256.Store(Vector256.Load(source + i), destination + i);
            Vector256.Store(Vector256.Load(source + last), destination + last);
            return;
        }
        for (int i = 0; i < count; i++)
            destination[i] = source[i];
    }

    /// <summary>destination[i] = source[i * stride].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Gather(float* source, int stride, float* destination, int count)
    {
        if (stride == 1)
        {
            Copy(source, destination, count);
            return;
        }
        for (int i = 0; i < count; i++, source += stride)
            destination[i] = *source;
    }

    /// <summary>destination[i * stride] = source[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scatter(float* source, float* destination, int stride, int count)
    {
        if (stride == 1)
        {
            Copy(source, destination, count);
            return;
        }
        for (int i = 0; i < count; i++, destination += stride)
            *destination = source[i];
    }
}
