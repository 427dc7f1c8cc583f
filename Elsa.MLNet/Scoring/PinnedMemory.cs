using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Elsa.MLNet.Scoring;

/// <summary>
/// Memory for batches that does not move and starts where a cache line does. It is lent again after use: as much memory
/// made for every cursor lets the garbage collector go through the oldest generation again and again. What is not lent the
/// garbage collector may take. Thread safe, but for use and <see cref="Dispose"/> at once.
/// </summary>
internal sealed class PinnedMemory : IDisposable
{
    /// <summary>Most bytes that are possible.</summary>
    public static readonly int MostBytes = System.Array.MaxLength - Line;

    private const int Line = 64;

    private static readonly ConcurrentDictionary<int, ConcurrentStack<WeakReference<byte[]>>> Unused = new();

    private readonly int _start;
    private readonly int _bytes;
    private byte[]? _array;

    /// <summary>Takes memory, with undefined content.</summary>
    /// <param name="bytes">At most <see cref="MostBytes"/>.</param>
    public PinnedMemory(int bytes)
    {
        _bytes = bytes;
        _array = Take(LengthFor(bytes));
        _start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_array, 0) & (Line - 1));
    }

    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public Span<byte> Span => Array.AsSpan(_start, _bytes);

    /// <summary>Where it starts; as long as this lives.</summary>
    /// <exception cref="ObjectDisposedException">It was given back.</exception>
    public nint Address => Marshal.UnsafeAddrOfPinnedArrayElement(Array, _start);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PinnedMemory));

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
            Unused.GetOrAdd(array.Length, _ => new()).Push(new WeakReference<byte[]>(array));
    }

    private static byte[] Take(int length)
    {
        if (Unused.TryGetValue(length, out var unused))
        {
            while (unused.TryPop(out var kept))
            {
                if (kept.TryGetTarget(out var array))
                    return array;
            }
        }
        return GC.AllocateUninitializedArray<byte>(length, pinned: true);
    }

    /// <summary>Few lengths serve all, none an eighth longer than wanted or a page.</summary>
    private static int LengthFor(int bytes)
    {
        long wanted = (long)bytes + Line;
        long step = Math.Max(Environment.SystemPageSize, (long)BitOperations.RoundUpToPowerOf2((ulong)wanted) / 16);
        return (int)Math.Min((wanted + step - 1) / step * step, System.Array.MaxLength);
    }
}
