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

    private SparseWeights Pack(PackLayout layout) => SparsePacks.Create(
        MemoryMarshal.Cast<byte, float>(levels.Weights(layout.Weight).Span), levels.Masks[layout.Weight].Levels,
        layout.Rows, layout.Columns, layout.Groups, levels.LevelCount, layout.Transposed);
}
