using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The order of a <see cref="LanePack"/>: group, chunk, sixteen rows, panel, slot, lane. The pack is read twice, to
/// count and to place.
/// </summary>
internal sealed unsafe class LaneLayout
{
    private const int PanelsPerPackPanel = SparsePack.PanelColumns / LanePack.PanelColumns;

    private readonly SparsePack _pack;
    private readonly int _panels;

    // Of one chunk, per row, panel and level: non-zeros.
    private readonly int[] _counts;

    // Per group, chunk, sixteen rows and panel: the first slot; and the end.
    private readonly int[] _slots;
    private readonly List<LaneSegment>[] _levels;

    public LaneLayout(SparsePack pack)
    {
        _pack = pack;
        _panels = pack.Panels * PanelsPerPackPanel;
        _counts = new int[SparsePack.ChunkRows * _panels * pack.LevelCount];
        int chunks = pack.Groups * pack.ChunksPerGroup;
        Rows = new short[chunks * SparsePack.ChunkRows];
        _slots = new int[chunks * LanePack.LanesPerChunk * _panels + 1];
        _levels = [.. Enumerable.Range(0, pack.LevelCount).Select(_ => new List<LaneSegment>())];
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            Count(chunk);
            SortRows(chunk);
            for (int lanes = 0; lanes < LanePack.LanesPerChunk; lanes++)
                AddSegments(chunk, lanes);
        }
        SegmentStarts.Add(Segments.Count);
    }

    /// <summary>Rows in the order of lanes, within their chunk; negative where there is none.</summary>
    public short[] Rows { get; }

    public List<byte> Counts { get; } = [];

    public List<LaneSegment> Segments { get; } = [];

    public List<int> SegmentStarts { get; } = [];

    public long SlotCount => _slots[^1];

    /// <summary>Writes the non-zeros.</summary>
    /// <param name="values"><see cref="SlotCount"/> times sixteen zeros.</param>
    /// <param name="positions">As many zeros.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Place(float* values, byte* positions)
    {
        var next = new int[PanelsPerPackPanel];
        Span<int> lanes = stackalloc int[SparsePack.ChunkRows];
        for (int chunk = 0; chunk < _pack.Groups * _pack.ChunksPerGroup; chunk++)
        {
            var rows = RowsOf(chunk);
            for (int lane = 0; lane < rows.Length && rows[lane] >= 0; lane++)
                lanes[rows[lane]] = lane;
            for (int panel = 0; panel < _pack.Panels; panel++)
            {
                foreach (var segment in Densest(chunk, panel))
                {
                    int lane = lanes[segment.Row], sixteen = chunk * LanePack.LanesPerChunk + lane / LanePack.Lanes;
                    _slots.AsSpan(sixteen * _panels + panel * PanelsPerPackPanel, PanelsPerPackPanel).CopyTo(next);
                    for (int i = segment.Start; i < segment.Start + segment.Count; i++)
                    {
                        int column = _pack.Positions[i];
                        long at = (long)next[column / LanePack.PanelColumns]++ * LanePack.Lanes + lane % LanePack.Lanes;
                        values[at] = _pack.Values[i];
                        positions[at] = (byte)(column % LanePack.PanelColumns);
                    }
                }
            }
        }
    }

    private Span<short> RowsOf(int chunk) => Rows.AsSpan(chunk * SparsePack.ChunkRows, SparsePack.ChunkRows);

    private Span<int> CountsOf(int row, int panel) =>
        _counts.AsSpan((row * _panels + panel) * _pack.LevelCount, _pack.LevelCount);

    private ReadOnlySpan<SparseSegment> Densest(int chunk, int panel) =>
        _pack.Segments(chunk / _pack.ChunksPerGroup, chunk % _pack.ChunksPerGroup, panel, 1);

    /// <summary>Counts what every level keeps of a row in a panel: the first so many of the row's non-zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Count(int chunk)
    {
        Array.Clear(_counts);
        for (int panel = 0; panel < _pack.Panels; panel++)
        {
            for (int level = 1; level < _pack.LevelCount; level++)
            {
                foreach (var segment in _pack.Segments(
                    chunk / _pack.ChunksPerGroup, chunk % _pack.ChunksPerGroup, panel, level))
                {
                    for (int i = segment.Start; i < segment.Start + segment.Count; i++)
                    {
                        int narrow = panel * PanelsPerPackPanel + _pack.Positions[i] / LanePack.PanelColumns;
                        _counts[(segment.Row * _panels + narrow) * _pack.LevelCount + level]++;
                    }
                }
            }
        }
    }

    /// <summary>Rows by their number of non-zeros, so that like ones share lanes.</summary>
    private void SortRows(int chunk)
    {
        var rows = RowsOf(chunk);
        rows.Fill(-1);
        int count = _pack.RowsOf(chunk % _pack.ChunksPerGroup);
        var keys = new long[count];
        for (int row = 0; row < count; row++)
        {
            long length = 0;
            for (int panel = 0; panel < _panels; panel++)
                length += CountsOf(row, panel)[1];
            (keys[row], rows[row]) = (length * SparsePack.ChunkRows + row, (short)row);
        }
        keys.AsSpan().Sort(rows[..count]);
    }

    private void AddSegments(int chunk, int lanes)
    {
        var rows = RowsOf(chunk).Slice(lanes * LanePack.Lanes, LanePack.Lanes);
        Span<byte> counts = stackalloc byte[LanePack.Lanes];
        for (int panel = 0; panel < _panels; panel++)
        {
            int at = (chunk * LanePack.LanesPerChunk + lanes) * _panels + panel;
            _slots[at + 1] = _slots[at];
            for (int level = 1; level < _pack.LevelCount; level++)
            {
                int used = 0;
                for (int lane = 0; lane < LanePack.Lanes; lane++)
                {
                    counts[lane] = rows[lane] < 0 ? (byte)0 : (byte)CountsOf(rows[lane], panel)[level];
                    used = Math.Max(used, counts[lane]);
                }
                if (used == 0)
                    break;
                // Behind the densest level's non-zeros are only zeros, so that nothing has to be hidden.
                _levels[level].Add(new LaneSegment(_slots[at], panel, used, level == 1 ? -1 : Counts.Count));
                if (level > 1)
                    Counts.AddRange(counts);
                else
                    _slots[at + 1] += used;
            }
        }
        for (int level = 1; level < _pack.LevelCount; level++)
        {
            SegmentStarts.Add(Segments.Count);
            Segments.AddRange(_levels[level].OrderBy(segment => segment.Slots));
            _levels[level].Clear();
        }
    }
}
