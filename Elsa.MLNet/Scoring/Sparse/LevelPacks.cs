using System.Runtime.InteropServices;
using Elsa.MLNet.Operators;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>
/// The packed weights of a parent, made when a level first wants them and used by all levels. A session holds those of
/// its nodes once it is open; until then they are kept by whoever opens it, and freed when nobody uses them any more.
/// Thread safe.
/// </summary>
internal sealed class LevelPacks : IDisposable
{
    private readonly ISparseLevels _levels;
    private readonly Dictionary<PackLayout, SparseWeights> _packs = [];
    private readonly Lock _gate = new();
    private readonly ReferenceCount _users;

    public LevelPacks(ISparseLevels levels)
    {
        _levels = levels;
        _users = new ReferenceCount(Free);
    }

    /// <summary>One user more, until <see cref="Dispose"/>.</summary>
    public LevelPacks Share()
    {
        _users.Add();
        return this;
    }

    /// <summary>The handle of a pack, for nodes.</summary>
    public long Handle(PackLayout layout)
    {
        lock (_gate)
        {
            if (!_packs.TryGetValue(layout, out var pack))
                _packs[layout] = pack = Pack(layout);
            return pack.Handle;
        }
    }

    /// <summary>One user less.</summary>
    public void Dispose() => _users.Release();

    private void Free()
    {
        foreach (var pack in _packs.Values)
            pack.Dispose();
    }

    private SparseWeights Pack(PackLayout layout) => SparsePacks.Create(
        MemoryMarshal.Cast<byte, float>(_levels.Weights(layout.Weight).Span), _levels.Masks[layout.Weight].Levels,
        layout.Rows, layout.Columns, layout.Groups, _levels.LevelCount, layout.Transposed);
}
