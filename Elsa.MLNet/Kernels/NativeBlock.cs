using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels;

/// <summary>Memory at a multiple of 64 bytes that the garbage collector does not move; its owner frees it.</summary>
internal readonly unsafe struct NativeBlock
{
    private const int Alignment = 64;

    private static long _liveBytes;

    /// <summary>Takes memory, and a vector more that may be read.</summary>
    public NativeBlock(long bytes)
    {
        Bytes = bytes + Alignment;
        Data = NativeMemory.AlignedAlloc((nuint)Bytes, Alignment);
        new Span<byte>((byte*)Data + bytes, Alignment).Clear();
        Interlocked.Add(ref _liveBytes, Bytes);
    }

    /// <summary>Memory of all blocks of the process that are not freed.</summary>
    public static long LiveBytes => Interlocked.Read(ref _liveBytes);

    public void* Data { get; }

    public long Bytes { get; }

    public void Clear() => NativeMemory.Clear(Data, (nuint)Bytes);

    public void Free()
    {
        NativeMemory.AlignedFree(Data);
        Interlocked.Add(ref _liveBytes, -Bytes);
    }
}
