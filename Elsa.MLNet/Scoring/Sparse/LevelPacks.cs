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
        var (weights, kept) = (new float[source.Length], map.ToArray());
        for (int row = 0; row < layout.Rows; row++)
        {
            for (int column = 0; column < layout.Columns; column++)
            {
                int to = row * layout.Columns + column;
                int from = layout.Transposed ? column * layout.Rows + row : to;
                kept[to] = map[from];
                // The dense level never runs sparse: what only it keeps is not packed.
                weights[to] = map[from] == 0 ? 0 : source[from];
            }
        }
        return SparsePacks.Create(weights, kept, layout.Rows, layout.Columns, layout.Groups, levels.LevelCount);
    }
}
