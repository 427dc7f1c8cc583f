using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Operators;

/// <summary>
/// The packs of this process by handle, as nodes name them. A pack is freed when neither its <see cref="SparseWeights"/>
/// nor any node of a session holds it. Thread safe.
/// </summary>
internal static class SparsePacks
{
    private static readonly Dictionary<long, Entry> Entries = [];
    private static readonly Lock Gate = new();
    private static long _last;

    /// <summary>Packs weights; the caller is the first holder.</summary>
    public static SparseWeights Create(
        ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, int rows, int columns, int groups, int levelCount,
        bool transposed = false)
    {
        var pack = SparsePack.Create(weights, levels, rows, columns, groups, levelCount, transposed);
        lock (Gate)
        {
            Entries.Add(++_last, new Entry(pack));
            return new SparseWeights(_last);
        }
    }

    /// <summary>Holds a pack until <see cref="Release"/>.</summary>
    /// <exception cref="ArgumentException">There is no such pack.</exception>
    public static SparsePack Hold(long handle)
    {
        lock (Gate)
        {
            if (!Entries.TryGetValue(handle, out var entry))
            {
                throw new ArgumentException(
                    $"Attribute 'pack' is {handle}, which is no pack of this process. Models with sparse nodes are made " +
                    "for one process; open the extracted level instead.");
            }
            entry.Holders++;
            return entry.Pack;
        }
    }

    public static void Release(long handle)
    {
        lock (Gate)
        {
            var entry = Entries[handle];
            if (--entry.Holders > 0)
                return;
            Entries.Remove(handle);
            entry.Pack.Dispose();
        }
    }

    private sealed class Entry(SparsePack pack)
    {
        public SparsePack Pack { get; } = pack;

        public int Holders { get; set; } = 1;
    }
}

/// <summary>A hold on the packed weights of one tensor; ends with the object, as ONNX Runtime's sessions do.</summary>
internal sealed class SparseWeights(long handle) : IDisposable
{
    private int _disposed;

    ~SparseWeights() => Release();

    /// <summary>Value of the attribute <c>pack</c> of nodes that use the weights.</summary>
    public long Handle { get; } = handle;

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            SparsePacks.Release(Handle);
    }
}
