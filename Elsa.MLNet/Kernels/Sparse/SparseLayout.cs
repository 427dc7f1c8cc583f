using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The order of a <see cref="SparsePack"/>: group, chunk of rows, panel of columns, row, level, column. Where rows are
/// kept and dropped by blocks of 16 or 8, a block takes the place of a row, and every non-zero has its values for all
/// its rows. The weights are read twice, to count and to place, so that nothing grows and nothing is copied.
/// </summary>
internal sealed unsafe class SparseLayout
{
    private static readonly int[] BlockHeights = [16, 8];

    private readonly float* _weights;
    private readonly byte* _levels;
    private readonly bool _transposed;
    private readonly int _rowsPerGroup;
    private readonly int _mostBlocks;
    private readonly int _levelCount;

    // Per panel, block and level: non-zeros.
    private readonly int[] _counts;

    /// <param name="weights">See <see cref="SparsePack.Create"/>; must stay where it is.</param>
    /// <param name="levels">As above.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs of a group.</param>
    /// <param name="groups">Groups.</param>
    /// <param name="levelCount">Levels, with the dense one.</param>
    /// <param name="transposed">Whether the weights are columns by rows.</param>
    public SparseLayout(
        float* weights, byte* levels, int rows, int columns, int groups, int levelCount, bool transposed)
    {
        _weights = weights;
        _levels = levels;
        (Rows, Columns, Groups, _levelCount, _transposed) = (rows, columns, groups, levelCount, transposed);
        // A last panel of few columns would cost as much around its loops as a whole one.
        Panels = Math.Max(1, (columns + SparsePack.MostPanelColumns - 1) / SparsePack.MostPanelColumns);
        PanelColumns = (columns + Panels - 1) / Panels;
        _rowsPerGroup = rows / groups;
        ChunksPerGroup = (_rowsPerGroup + SparsePack.ChunkRows - 1) / SparsePack.ChunkRows;
        Height = 1;
        Height = BlockHeights.FirstOrDefault(height => _rowsPerGroup % height == 0 && AreBlocks(height), 1);
        _mostBlocks = Math.Min(SparsePack.ChunkRows, _rowsPerGroup) / Height;
        _counts = new int[PanelCount * _mostBlocks * levelCount];
        NonZeros = new long[levelCount];
        for (int index = 0; index < PanelCount; index++)
            Count(new Panel(this, index));
    }

    public int Rows { get; }

    public int Columns { get; }

    public int Groups { get; }

    public int Panels { get; }

    public int PanelColumns { get; }

    public int ChunksPerGroup { get; }

    /// <summary>Rows of a block; 1 if every weight is kept or dropped by itself.</summary>
    public int Height { get; }

    /// <summary>Non-zeros of each level; those of a block count for all its rows.</summary>
    public long[] NonZeros { get; }

    /// <summary>Columns that the pack names.</summary>
    public long PositionCount { get; private set; }

    public long SegmentCount { get; private set; }

    public int StartCount => PanelCount * (_levelCount - 1) + 1;

    private int PanelCount => Groups * ChunksPerGroup * Panels;

    /// <summary>Writes the pack.</summary>
    /// <param name="values"><see cref="PositionCount"/> times <see cref="Height"/>.</param>
    /// <param name="positions"><see cref="PositionCount"/>.</param>
    /// <param name="segments"><see cref="SegmentCount"/>.</param>
    /// <param name="starts"><see cref="StartCount"/>: the first segment of every panel and level.</param>
    public void Place(float* values, byte* positions, SparseSegment* segments, int* starts)
    {
        var next = new int[_mostBlocks * _levelCount];
        int position = 0, segment = 0;
        for (int index = 0; index < PanelCount; index++)
        {
            var panel = new Panel(this, index);
            position = PlacePanel(panel, position, segments, ref segment, starts + index * (_levelCount - 1), next);
            fixed (int* places = next)
            {
                Visit(panel, new Placing
                {
                    Values = values,
                    Positions = positions,
                    Next = places,
                    LevelCount = _levelCount,
                    Height = Height,
                    RowStride = _transposed ? 1 : Columns,
                });
            }
        }
        starts[StartCount - 1] = segment;
    }

    /// <summary>Writes a panel's segments, and where in the pack its blocks go on at each level.</summary>
    private int PlacePanel(
        Panel panel, int position, SparseSegment* segments, ref int segment, int* starts, Span<int> next)
    {
        Span<int> order = stackalloc int[SparsePack.ChunkRows], first = stackalloc int[SparsePack.ChunkRows];
        // In memory rows stand in the order in which the densest level reads them.
        Sort(panel, 1, order);
        foreach (int block in order[..panel.Blocks])
        {
            var counts = CountsOf(panel, block);
            first[block] = position;
            for (int level = 1; level < _levelCount; level++)
                next[block * _levelCount + level] = position + (level + 1 < _levelCount ? counts[level + 1] : 0);
            position += counts[1];
        }
        for (int level = 1; level < _levelCount; level++)
        {
            starts[level - 1] = segment;
            if (level > 1)
                Sort(panel, level, order);
            foreach (int block in order[..panel.Blocks])
            {
                int kept = CountsOf(panel, block)[level];
                if (kept > 0 || panel.HasAllRows)
                    segments[segment++] = new SparseSegment(first[block], block * Height, kept);
            }
        }
        return position;
    }

    private void Count(Panel panel)
    {
        fixed (int* counts = CountsOf(panel, 0))
            Visit(panel, new Counting { Counts = counts, LevelCount = _levelCount });
        for (int block = 0; block < panel.Blocks; block++)
        {
            var counts = CountsOf(panel, block);
            for (int level = _levelCount - 2; level > 0; level--)
                counts[level] += counts[level + 1];
            PositionCount += counts[1];
            for (int level = 1; level < _levelCount; level++)
            {
                NonZeros[level] += (long)counts[level] * Height;
                SegmentCount += counts[level] > 0 || panel.HasAllRows ? 1 : 0;
            }
        }
    }

    private Span<int> CountsOf(Panel panel, int block) =>
        _counts.AsSpan((panel.Index * _mostBlocks + block) * _levelCount);

    /// <summary>Blocks by the number of non-zeros that the level keeps of them; those of like number stay in order.
    /// </summary>
    private void Sort(Panel panel, int level, Span<int> order)
    {
        Span<int> ends = stackalloc int[SparsePack.MostPanelColumns + 2];
        ends.Clear();
        for (int block = 0; block < panel.Blocks; block++)
            ends[CountsOf(panel, block)[level] + 1]++;
        for (int length = 1; length < ends.Length; length++)
            ends[length] += ends[length - 1];
        for (int block = 0; block < panel.Blocks; block++)
            order[ends[CountsOf(panel, block)[level]]++] = block;
    }

    /// <summary>Whether all rows of every block of this height have the same levels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool AreBlocks(int height)
    {
        long length = (long)Rows * Columns;
        if (_transposed)
        {
            for (long at = 0; at < length; at += height)
            {
                if (new ReadOnlySpan<byte>(_levels + at, height).ContainsAnyExcept(_levels[at]))
                    return false;
            }
            return true;
        }
        for (long first = 0; first < length; first += (long)height * Columns)
        {
            var pattern = new ReadOnlySpan<byte>(_levels + first, Columns);
            for (int row = 1; row < height; row++)
            {
                if (!pattern.SequenceEqual(new ReadOnlySpan<byte>(_levels + first + (long)row * Columns, Columns)))
                    return false;
            }
        }
        return true;
    }

    /// <summary>Visits a panel's non-zeros as they lie in memory; in a row columns come in order either way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Visit<TVisitor>(Panel panel, TVisitor visitor) where TVisitor : struct, IVisitor
    {
        int lines = _transposed ? panel.Width : panel.Blocks;
        int length = _transposed ? panel.Blocks * Height : panel.Width;
        for (int line = 0; line < lines; line++)
        {
            long start = _transposed
                ? (long)(panel.Column + line) * Rows + panel.Row
                : (long)(panel.Row + line * Height) * Columns + panel.Column;
            for (int at = 0; at < length; at += Vector256<byte>.Count)
            {
                long from = start + at;
                for (uint bits = NonZero(from, length - at); bits != 0; bits &= bits - 1)
                {
                    int found = BitOperations.TrailingZeroCount(bits);
                    var (block, column) = _transposed ? ((at + found) / Height, line) : (line, at + found);
                    visitor.Visit(block, column, _levels[from + found], _weights + from + found);
                }
            }
        }
    }

    /// <summary>Of 32 weights, or of those that are left, which a sparse level keeps and which are not zero; of a
    /// block's weights the first one stands for all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint NonZero(long from, int left)
    {
        uint kept = NonZero(_levels + from, left);
        if (kept == 0)
            return 0;
        uint weights = NonZero(_weights + from, left);
        if (Height == 1)
            return kept & weights;
        if (!_transposed)
        {
            for (int row = 1; row < Height; row++)
                weights |= NonZero(_weights + from + (long)row * Columns, left);
            return kept & weights;
        }
        for (int reach = 1; reach < Height; reach *= 2)
            weights |= weights >> reach;
        return kept & weights & (Height == 16 ? 0x0001_0001u : 0x0101_0101u);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint NonZero(byte* levels, int left)
    {
        if (left >= Vector256<byte>.Count)
            return ~Vector256.Equals(Vector256.Load(levels), Vector256<byte>.Zero).ExtractMostSignificantBits();
        uint bits = 0;
        for (int i = 0; i < left; i++)
            bits |= levels[i] != 0 ? 1u << i : 0;
        return bits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint NonZero(float* weights, int left)
    {
        uint bits = 0;
        if (left >= Vector256<byte>.Count)
        {
            for (int i = 0; i < Vector256<byte>.Count; i += Vector256<float>.Count)
            {
                var zero = Vector256.Equals(Vector256.Load(weights + i), Vector256<float>.Zero);
                bits |= zero.ExtractMostSignificantBits() << i;
            }
            return ~bits;
        }
        for (int i = 0; i < left; i++)
            bits |= weights[i] != 0 ? 1u << i : 0;
        return bits;
    }

    private interface IVisitor
    {
        void Visit(int block, int column, int level, float* weight);
    }

    private struct Counting : IVisitor
    {
        public int* Counts;
        public int LevelCount;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Visit(int block, int column, int level, float* weight) =>
            Counts[block * LevelCount + level]++;
    }

    private struct Placing : IVisitor
    {
        public float* Values;
        public byte* Positions;
        public int* Next;
        public int LevelCount;
        public int Height;
        public long RowStride;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Visit(int block, int column, int level, float* weight)
        {
            int at = Next[block * LevelCount + level]++;
            Positions[at] = (byte)column;
            for (int row = 0; row < Height; row++)
                Values[(long)at * Height + row] = weight[row * RowStride];
        }
    }

    /// <summary>A panel of columns of a chunk of rows.</summary>
    private readonly struct Panel
    {
        public Panel(SparseLayout layout, int index)
        {
            int panel = index % layout.Panels, chunk = index / layout.Panels % layout.ChunksPerGroup;
            int group = index / layout.Panels / layout.ChunksPerGroup;
            Index = index;
            HasAllRows = panel == 0 || panel == layout.Panels - 1;
            Column = panel * layout.PanelColumns;
            Width = Math.Min(layout.PanelColumns, layout.Columns - Column);
            Row = group * layout._rowsPerGroup + chunk * SparsePack.ChunkRows;
            int rows = Math.Min(SparsePack.ChunkRows, layout._rowsPerGroup - chunk * SparsePack.ChunkRows);
            Blocks = rows / layout.Height;
        }

        public readonly int Index, Column, Width, Row, Blocks;

        /// <summary>Whether sums start or end here, also those of rows without a non-zero.</summary>
        public readonly bool HasAllRows;
    }
}
