using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Elsa.MLNet.Kernels;

/// <summary>Copies of short rows, for which a call costs more than the copy.</summary>
internal static unsafe class Rows
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(float* source, float* destination, int count)
    {
        if (count >= Vector512<float>.Count && Vector512.IsHardwareAccelerated)
        {
            int last = count - Vector512<float>.Count;
            for (int i = 0; i < last; i += Vector512<float>.Count)
                Vector512.Store(Vector512.Load(source + i), destination + i);
            Vector512.Store(Vector512.Load(source + last), destination + last);
            return;
        }
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

    /// <summary>Zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Clear(float* destination, int count)
    {
        if (count >= Vector256<float>.Count)
        {
            int last = count - Vector256<float>.Count;
            for (int i = 0; i < last; i += Vector256<float>.Count)
                Vector256.Store(Vector256<float>.Zero, destination + i);
            Vector256.Store(Vector256<float>.Zero, destination + last);
            return;
        }
        for (int i = 0; i < count; i++)
            destination[i] = 0;
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
        if (stride == 2 && Avx2.IsSupported && count >= Vector128<float>.Count)
        {
            GatherEven(source, destination, count);
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

    /// <summary>destination[2 * i] = even[i], destination[2 * i + 1] = odd[i], for <paramref name="count"/> values in
    /// the destination.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(float* even, float* odd, float* destination, int count)
    {
        int i = 0;
        if (Avx.IsSupported)
        {
            for (; 2 * i <= count - 2 * Vector256<float>.Count; i += Vector256<float>.Count)
            {
                Vector256<float> a = Vector256.Load(even + i), b = Vector256.Load(odd + i);
                Vector256<float> low = Avx.UnpackLow(a, b), high = Avx.UnpackHigh(a, b);
                Vector256.Store(Avx.Permute2x128(low, high, 0x20), destination + 2 * i);
                Vector256.Store(Avx.Permute2x128(low, high, 0x31), destination + 2 * i + Vector256<float>.Count);
            }
            for (; 2 * i <= count - 2 * Vector128<float>.Count; i += Vector128<float>.Count)
            {
                Vector128<float> a = Vector128.Load(even + i), b = Vector128.Load(odd + i);
                Vector128.Store(Sse.UnpackLow(a, b), destination + 2 * i);
                Vector128.Store(Sse.UnpackHigh(a, b), destination + 2 * i + Vector128<float>.Count);
            }
        }
        for (int at = 2 * i; at < count; at++)
            destination[at] = at % 2 == 0 ? even[at / 2] : odd[at / 2];
    }

    /// <summary>Every second value; the last vector overlaps the one before, and nothing behind the last value is
    /// read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherEven(float* source, float* destination, int count)
    {
        if (count < Vector256<float>.Count)
        {
            for (int i = 0; ; i = count - Vector128<float>.Count)
            {
                Vector128<float> low = Vector128.Load(source + 2 * i), high = Vector128.Load(source + 2 * i + 3);
                Vector128.Store(Sse.Shuffle(low, high, 0b11_01_10_00), destination + i);
                if (i + Vector128<float>.Count >= count)
                    return;
            }
        }
        for (int i = 0; ; i = Math.Min(i + Vector256<float>.Count, count - Vector256<float>.Count))
        {
            Vector256.Store(Lanes256.LoadEverySecond(source + 2 * i), destination + i);
            if (i + Vector256<float>.Count >= count)
                return;
        }
    }
}
