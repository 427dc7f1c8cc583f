using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The order of a <see cref="SparsePack"/>: group, chunk of rows, panel of columns, row, level, column. Where rows are kept
/// and dropped by blocks of 16 or 8, a block takes the place of a row, and every non-zero has its values for all its rows.
/// </summary>
internal sealed class SparseLayout
{
    private static readonly int[] BlockHeights = [16, 8];

    private readonly byte[] _kept = new byte[SparsePack.PanelColumns];
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
        {
            int row = first + block * Height;
            Count(Kept(weights, levels, row, start, width), levels.Slice(row * Columns + start, width), CountsOf(block));
        }
        // In memory rows stand in the order in which the densest level reads them.
        foreach (int block in ByLength(blocks, level: 1))
        {
            _starts[block] = Positions.Count;
            int row = first + block * Height;
            var kept = Kept(weights, levels, row, start, width);
            AddBlock(kept, weights, levels.Slice(row * Columns + start, width), row, start, CountsOf(block));
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

    /// <summary>Columns of a panel that a sparse level keeps in a block and in which a weight is not zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ReadOnlySpan<byte> Kept(
        ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, int row, int start, int width)
    {
        int from = row * Columns + start, count = 0;
        var found = levels.Slice(from, width);
        for (int column = 0; column < width; column += Vector256<byte>.Count)
        {
            uint bits = 0;
            if (column <= width - Vector256<byte>.Count)
            {
                var zero = Vector256.Equals(Vector256.Create(found[column..]), Vector256<byte>.Zero);
                bits = ~zero.ExtractMostSignificantBits();
            }
            else
            {
                for (int i = column; i < width; i++)
                    bits |= found[i] != 0 ? 1u << (i - column) : 0;
            }
            for (; bits != 0; bits &= bits - 1)
            {
                int at = column + BitOperations.TrailingZeroCount(bits);
                bool isZero = true;
                for (int i = 0; i < Height; i++)
                    isZero &= weights[from + i * Columns + at] == 0;
                if (!isZero)
                    _kept[count++] = (byte)at;
            }
        }
        return _kept.AsSpan(0, count);
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
    private void Count(ReadOnlySpan<byte> kept, ReadOnlySpan<byte> levels, Span<int> counts)
    {
        counts.Clear();
        foreach (byte column in kept)
            counts[levels[column]]++;
        for (int level = LevelCount - 2; level > 0; level--)
            counts[level] += counts[level + 1];
    }

    /// <summary>Adds the non-zeros of a block in a panel, those of the sparsest level first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddBlock(
        ReadOnlySpan<byte> kept, ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, int row, int start,
        ReadOnlySpan<int> counts)
    {
        int first = Positions.Count;
        CollectionsMarshal.SetCount(Positions, first + counts[1]);
        CollectionsMarshal.SetCount(Values, (first + counts[1]) * Height);
        var positions = CollectionsMarshal.AsSpan(Positions);
        var values = CollectionsMarshal.AsSpan(Values);
        Span<int> next = stackalloc int[LevelCount];
        for (int level = 1; level < LevelCount; level++)
            next[level] = first + (level + 1 < LevelCount ? counts[level + 1] : 0);
        foreach (byte column in kept)
        {
            int at = next[levels[column]]++;
            positions[at] = column;
            for (int i = 0; i < Height; i++)
                values[at * Height + i] = weights[(row + i) * Columns + start + column];
        }
    }
}
