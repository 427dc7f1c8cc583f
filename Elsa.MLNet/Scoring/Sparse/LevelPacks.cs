using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Elsa.MLNet.Operators;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>The packed weights of a parent, made when a level first wants them and used by all levels. Thread safe.</summary>
internal sealed class LevelPacks(ISparseLevels levels) : IDisposable
{
    private readonly Dictionary<PackLayout, SparseWeights> _packs = [];
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <summary>The handle of a pack, for nodes.</summary>
    public long Handle(PackLayout layout)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ElsaTransformer));
            if (!_packs.TryGetValue(layout, out var pack))
                _packs[layout] = pack = Pack(layout);
            return pack.Handle;
        }
    }

    /// <summary>Native memory of the packs.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _packs.Values.Sum(pack => pack.Bytes);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var pack in _packs.Values)
                pack.Dispose();
            _packs.Clear();
        }
    }

    private SparseWeights Pack(PackLayout layout)
    {
        var source = MemoryMarshal.Cast<byte, float>(levels.Weights(layout.Weight).Span);
        var map = levels.Masks[layout.Weight].Levels;
        var (weights, kept) = (new float[source.Length], new byte[source.Length]);
        Arrange(source, map, layout, weights, kept);
        return SparsePacks.Create(weights, kept, layout.Rows, layout.Columns, layout.Groups, levels.LevelCount);
    }

    /// <summary>Puts outputs in rows. The dense level never runs sparse: what only it keeps is not packed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Arrange(
        ReadOnlySpan<float> source, ReadOnlySpan<byte> map, PackLayout layout, Span<float> weights, Span<byte> kept)
    {
        if (!layout.Transposed)
        {
            source.CopyTo(weights);
            map.CopyTo(kept);
            return;
        }
        // Line by line of the cache, in both.
        const int Block = 64;
        for (int first = 0; first < layout.Rows; first += Block)
        {
            int end = Math.Min(first + Block, layout.Rows);
            for (int column = 0; column < layout.Columns; column++)
            {
                for (int row = first; row < end; row++)
                {
                    int from = column * layout.Rows + row, to = row * layout.Columns + column;
                    (weights[to], kept[to]) = (source[from], map[from]);
                }
            }
        }
    }
}
