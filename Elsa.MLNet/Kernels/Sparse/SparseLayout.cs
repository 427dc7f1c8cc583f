using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>The order of a <see cref="SparsePack"/>: group, chunk of rows, panel of columns, row, level, column.</summary>
internal sealed class SparseLayout
{
    private readonly int[] _counts;
    private readonly int[] _starts = new int[SparsePack.ChunkRows];
    private readonly int[] _order = new int[SparsePack.ChunkRows];
    private readonly int[] _keys = new int[SparsePack.ChunkRows];

    public SparseLayout(
        ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, int rows, int columns, int groups, int levelCount)
    {
        (Rows, Columns, Groups, LevelCount) = (rows, columns, groups, levelCount);
        Panels = Math.Max(1, (columns + SparsePack.PanelColumns - 1) / SparsePack.PanelColumns);
        int rowsPerGroup = rows / groups;
        ChunksPerGroup = (rowsPerGroup + SparsePack.ChunkRows - 1) / SparsePack.ChunkRows;
        NonZeros = new long[levelCount];
        _counts = new int[SparsePack.ChunkRows * levelCount];
        for (int group = 0; group < groups; group++)
        {
            for (int chunk = 0; chunk < ChunksPerGroup; chunk++)
            {
                int first = group * rowsPerGroup + chunk * SparsePack.ChunkRows;
                int count = Math.Min(SparsePack.ChunkRows, (group + 1) * rowsPerGroup - first);
                for (int panel = 0; panel < Panels; panel++)
                    AddPanel(weights, levels, first, count, panel);
            }
        }
        SegmentStarts.Add(Segments.Count);
    }

    public int Rows { get; }

    public int Columns { get; }

    public int Groups { get; }

    public int LevelCount { get; }

    public int Panels { get; }

    public int ChunksPerGroup { get; }

    public List<float> Values { get; } = [];

    public List<byte> Positions { get; } = [];

    public List<SparseSegment> Segments { get; } = [];

    public List<int> SegmentStarts { get; } = [];

    public long[] NonZeros { get; }

    private void AddPanel(ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, int first, int count, int panel)
    {
        int start = panel * SparsePack.PanelColumns;
        int width = Math.Min(SparsePack.PanelColumns, Columns - start);
        for (int row = 0; row < count; row++)
        {
            int from = (first + row) * Columns + start;
            Count(weights.Slice(from, width), levels.Slice(from, width), _counts.AsSpan(row * LevelCount, LevelCount));
        }
        // In memory rows stand in the order in which the densest level reads them.
        foreach (int row in ByLength(count, level: 1))
        {
            _starts[row] = Values.Count;
            int from = (first + row) * Columns + start;
            AddRow(weights.Slice(from, width), levels.Slice(from, width), _counts.AsSpan(row * LevelCount, LevelCount));
        }
        for (int level = 1; level < LevelCount; level++)
        {
            SegmentStarts.Add(Segments.Count);
            foreach (int row in ByLength(count, level))
            {
                int kept = _counts[row * LevelCount + level];
                NonZeros[level] += kept;
                if (kept > 0 || panel == 0)
                    Segments.Add(new SparseSegment(_starts[row], row, kept));
            }
        }
    }

    /// <summary>Rows by the number of non-zeros that the level keeps of them.</summary>
    private ReadOnlySpan<int> ByLength(int count, int level)
    {
        for (int row = 0; row < count; row++)
            (_order[row], _keys[row]) = (row, _counts[row * LevelCount + level] * SparsePack.ChunkRows + row);
        _keys.AsSpan(0, count).Sort(_order.AsSpan(0, count));
        return _order.AsSpan(0, count);
    }

    /// <summary>Counts the non-zeros that each level keeps.</summary>
    private void Count(ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, Span<int> counts)
    {
        counts.Clear();
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] != 0 && levels[i] > 0)
                counts[levels[i]]++;
        }
        for (int level = LevelCount - 2; level > 0; level--)
            counts[level] += counts[level + 1];
    }

    /// <summary>Adds the non-zeros of a part of a row, those of the sparsest level first.</summary>
    private void AddRow(ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, ReadOnlySpan<int> counts)
    {
        int start = Values.Count;
        int total = LevelCount > 1 ? counts[1] : 0;
        CollectionsMarshal.SetCount(Values, start + total);
        CollectionsMarshal.SetCount(Positions, start + total);
        var values = CollectionsMarshal.AsSpan(Values)[start..];
        var positions = CollectionsMarshal.AsSpan(Positions)[start..];
        Span<int> next = stackalloc int[LevelCount];
        for (int level = 1; level < LevelCount; level++)
            next[level] = level + 1 < LevelCount ? counts[level + 1] : 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] != 0 && levels[i] > 0)
            {
                int at = next[levels[i]]++;
                (values[at], positions[at]) = (weights[i], (byte)i);
            }
        }
    }
}
