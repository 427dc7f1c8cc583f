using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The order of a <see cref="SparsePack"/>: group, chunk of rows, panel of columns, row, level, column. Where rows are kept
/// and dropped by blocks of 16 or 8, a block takes the place of a row, and every non-zero has its values for all its rows.
/// </summary>
internal sealed class SparseLayout
{
    private static readonly int[] BlockHeights = [16, 8];

    private readonly byte[] _panelLevels = new byte[SparsePack.PanelColumns];
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
        Height = HeightOf(levels, rowsPerGroup, columns);
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

    /// <summary>Rows of a block; 1 if every weight is kept or dropped by itself.</summary>
    public int Height { get; }

    /// <summary>The highest blocks of which all rows have the same levels.</summary>
    private static int HeightOf(ReadOnlySpan<byte> levels, int rowsPerGroup, int columns)
    {
        foreach (int height in BlockHeights)
        {
            if (rowsPerGroup % height == 0 && AreBlocks(levels, height, columns))
                return height;
        }
        return 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool AreBlocks(ReadOnlySpan<byte> levels, int height, int columns)
    {
        for (int first = 0; first < levels.Length; first += height * columns)
        {
            var pattern = levels.Slice(first, columns);
            for (int row = 1; row < height; row++)
            {
                if (!levels.Slice(first + row * columns, columns).SequenceEqual(pattern))
                    return false;
            }
        }
        return true;
    }

    private void AddPanel(ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, int first, int count, int panel)
    {
        int start = panel * SparsePack.PanelColumns;
        int width = Math.Min(SparsePack.PanelColumns, Columns - start);
        int blocks = count / Height;
        for (int block = 0; block < blocks; block++)
            Count(Levels(weights, levels, first + block * Height, start, width), CountsOf(block));
        // In memory rows stand in the order in which the densest level reads them.
        foreach (int block in ByLength(blocks, level: 1))
        {
            _starts[block] = Positions.Count;
            int row = first + block * Height;
            AddBlock(weights, Levels(weights, levels, row, start, width), row, start, CountsOf(block));
        }
        for (int level = 1; level < LevelCount; level++)
        {
            SegmentStarts.Add(Segments.Count);
            foreach (int block in ByLength(blocks, level))
            {
                int kept = CountsOf(block)[level];
                NonZeros[level] += (long)kept * Height;
                if (kept > 0 || panel == 0)
                    Segments.Add(new SparseSegment(_starts[block], block * Height, kept));
            }
        }
    }

    private Span<int> CountsOf(int block) => _counts.AsSpan(block * LevelCount, LevelCount);

    /// <summary>The levels of a block's columns in a panel; 0 where all its weights are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ReadOnlySpan<byte> Levels(
        ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, int row, int start, int width)
    {
        var found = _panelLevels.AsSpan(0, width);
        found.Clear();
        for (int i = row; i < row + Height; i++)
        {
            int from = i * Columns + start;
            for (int column = 0; column < width; column++)
            {
                if (weights[from + column] != 0)
                    found[column] = levels[from + column];
            }
        }
        return found;
    }

    /// <summary>Blocks by the number of non-zeros that the level keeps of them.</summary>
    private ReadOnlySpan<int> ByLength(int count, int level)
    {
        for (int block = 0; block < count; block++)
            (_order[block], _keys[block]) = (block, CountsOf(block)[level] * SparsePack.ChunkRows + block);
        _keys.AsSpan(0, count).Sort(_order.AsSpan(0, count));
        return _order.AsSpan(0, count);
    }

    /// <summary>Counts the non-zeros that each level keeps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Count(ReadOnlySpan<byte> levels, Span<int> counts)
    {
        counts.Clear();
        foreach (byte level in levels)
            counts[level]++;
        for (int level = LevelCount - 2; level > 0; level--)
            counts[level] += counts[level + 1];
    }

    /// <summary>Adds the non-zeros of a block in a panel, those of the sparsest level first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddBlock(
        ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, int row, int start, ReadOnlySpan<int> counts)
    {
        int first = Positions.Count;
        CollectionsMarshal.SetCount(Positions, first + counts[1]);
        CollectionsMarshal.SetCount(Values, (first + counts[1]) * Height);
        var positions = CollectionsMarshal.AsSpan(Positions);
        var values = CollectionsMarshal.AsSpan(Values);
        Span<int> next = stackalloc int[LevelCount];
        for (int level = 1; level < LevelCount; level++)
            next[level] = first + (level + 1 < LevelCount ? counts[level + 1] : 0);
        for (int column = 0; column < levels.Length; column++)
        {
            if (levels[column] == 0)
                continue;
            int at = next[levels[column]]++;
            positions[at] = (byte)column;
            for (int i = 0; i < Height; i++)
                values[at * Height + i] = weights[(row + i) * Columns + start + column];
        }
    }
}
