namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>The order of a <see cref="LanePack"/>: group, chunk, sixteen rows, panel, slot, lane.</summary>
internal sealed unsafe class LaneLayout
{
    private const int PanelsPerPackPanel = SparsePack.PanelColumns / LanePack.PanelColumns;

    private readonly SparsePack _pack;
    private readonly List<LaneSegment>[] _levels;

    public LaneLayout(SparsePack pack)
    {
        _pack = pack;
        _levels = [.. Enumerable.Range(0, pack.LevelCount).Select(_ => new List<LaneSegment>())];
        for (int group = 0; group < pack.Groups; group++)
        {
            for (int chunk = 0; chunk < pack.ChunksPerGroup; chunk++)
                AddChunk(group, chunk);
        }
        SegmentStarts.Add(Segments.Count);
    }

    public List<float> Values { get; } = [];

    public List<byte> Positions { get; } = [];

    public List<byte> Counts { get; } = [];

    public List<LaneSegment> Segments { get; } = [];

    public List<int> SegmentStarts { get; } = [];

    public List<short> Rows { get; } = [];

    private void AddChunk(int group, int chunk)
    {
        int rows = _pack.RowsOf(chunk);
        var kept = new List<(int Position, float Value, int Level)>[rows, _pack.Panels * PanelsPerPackPanel];
        var lengths = new int[rows];
        Collect(group, chunk, kept, lengths);
        var order = Enumerable.Range(0, rows).OrderBy(row => lengths[row]).ToArray();
        for (int first = 0; first < SparsePack.ChunkRows; first += LanePack.Lanes)
        {
            for (int lane = 0; lane < LanePack.Lanes; lane++)
                Rows.Add((short)(first + lane < rows ? order[first + lane] : -1));
            for (int panel = 0; panel < kept.GetLength(1); panel++)
            {
                var lanes = new List<(int, float, int)>?[LanePack.Lanes];
                for (int lane = 0; lane < LanePack.Lanes && first + lane < rows; lane++)
                    lanes[lane] = kept[order[first + lane], panel];
                AddSlots(panel, lanes);
            }
            for (int level = 1; level < _pack.LevelCount; level++)
            {
                SegmentStarts.Add(Segments.Count);
                Segments.AddRange(_levels[level].OrderBy(segment => segment.Slots));
                _levels[level].Clear();
            }
        }
    }

    /// <summary>Reads the non-zeros of every row and narrow panel, those of sparser levels first.</summary>
    private void Collect(int group, int chunk, List<(int, float, int)>[,] kept, int[] lengths)
    {
        for (int panel = 0; panel < _pack.Panels; panel++)
        {
            for (int level = _pack.LevelCount - 1; level > 0; level--)
            {
                foreach (var segment in _pack.Segments(group, chunk, panel, level))
                {
                    int before = level + 1 < _pack.LevelCount
                        ? Count(_pack.Segments(group, chunk, panel, level + 1), segment.Row) : 0;
                    for (int i = before; i < segment.Count; i++)
                    {
                        int position = _pack.Positions[segment.Start + i];
                        ref var list = ref kept[
                            segment.Row, panel * PanelsPerPackPanel + position / LanePack.PanelColumns];
                        (list ??= []).Add(
                            (position % LanePack.PanelColumns, _pack.Values[segment.Start + i], level));
                        lengths[segment.Row]++;
                    }
                }
            }
        }
    }

    private static int Count(ReadOnlySpan<SparseSegment> segments, int row)
    {
        foreach (var segment in segments)
        {
            if (segment.Row == row)
                return segment.Count;
        }
        return 0;
    }

    private void AddSlots(int panel, List<(int Position, float Value, int Level)>?[] lanes)
    {
        int start = Values.Count / LanePack.Lanes;
        int slots = lanes.Max(lane => lane?.Count ?? 0);
        for (int slot = 0; slot < slots; slot++)
        {
            foreach (var lane in lanes)
            {
                bool has = lane is not null && slot < lane.Count;
                Positions.Add(has ? (byte)lane![slot].Position : (byte)0);
                Values.Add(has ? lane![slot].Value : 0);
            }
        }
        for (int level = 1; level < _pack.LevelCount; level++)
        {
            var counts = lanes.Select(lane => (byte)(lane?.Count(entry => entry.Level >= level) ?? 0)).ToArray();
            int used = counts.Max();
            if (used == 0)
                continue;
            // Behind the densest level's non-zeros are only zeros, so that nothing has to be hidden.
            _levels[level].Add(new LaneSegment(start, panel, used, level == 1 ? -1 : Counts.Count));
            if (level > 1)
                Counts.AddRange(counts);
        }
    }
}
