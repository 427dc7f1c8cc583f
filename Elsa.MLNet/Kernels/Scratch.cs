using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// Memory for the length of one call, from a few buffers that each thread keeps; what a thread kept is freed after the
/// thread ends. Larger requests than <see cref="KeptBytes"/> are freed when the call ends.
/// </summary>
internal readonly unsafe ref struct Scratch
{
    /// <summary>Largest buffer that a thread keeps.</summary>
    public const long KeptBytes = 16 << 20;

    private const int Alignment = 64;

    [ThreadStatic]
    private static Stack<Buffer>? _free;

    private readonly Buffer _buffer;

    /// <summary>Takes memory for floats, with undefined content.</summary>
    public Scratch(long floats)
    {
        var free = _free ??= new Stack<Buffer>();
        _buffer = free.Count > 0 ? free.Pop() : new Buffer();
        Data = _buffer.Reserve(floats * sizeof(float));
    }

    /// <summary>The memory, at a multiple of 64 bytes.</summary>
    public float* Data { get; }

    public void Dispose()
    {
        _buffer.Trim();
        _free!.Push(_buffer);
    }

    private sealed class Buffer
    {
        private void* _data;
        private long _bytes;

        ~Buffer() => NativeMemory.AlignedFree(_data);

        public float* Reserve(long bytes)
        {
            if (_bytes < bytes)
            {
                Free();
                _data = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
                _bytes = bytes;
            }
            return (float*)_data;
        }

        public void Trim()
        {
            if (_bytes > KeptBytes)
                Free();
        }

        private void Free()
        {
            NativeMemory.AlignedFree(_data);
            _data = null;
            _bytes = 0;
        }
    }
}
