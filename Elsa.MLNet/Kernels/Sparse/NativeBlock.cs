using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>Memory at a multiple of 64 bytes that the garbage collector does not move; its owner frees it.</summary>
internal readonly unsafe struct NativeBlock
{
    private const int Alignment = 64;

    /// <summary>Takes memory, and a vector more that may be read.</summary>
    public NativeBlock(long bytes)
    {
        Bytes = bytes + Alignment;
        Data = NativeMemory.AlignedAlloc((nuint)Bytes, Alignment);
        new Span<byte>((byte*)Data + bytes, Alignment).Clear();
    }

    public void* Data { get; }

    public long Bytes { get; }

    public void Clear() => NativeMemory.Clear(Data, (nuint)Bytes);

    public void Free() => NativeMemory.AlignedFree(Data);
}
