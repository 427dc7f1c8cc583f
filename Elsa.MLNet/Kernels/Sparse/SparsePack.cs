using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The non-zeros of one weight matrix [rows, columns] for all sparse levels at once. Columns are cut into equal panels
/// of at most <see cref="MostPanelColumns"/>, so that the part of the input that a panel reads stays in the first-level
/// cache; rows into chunks, so that their sums stay in the second. In a row's part of a panel the non-zeros of the
/// sparsest level come first: every level is a prefix, and one copy of the weights serves all. What differs per level
/// is the list of <see cref="SparseSegment"/>s, ordered by length because loops of like length are predicted well.
/// Exact zeros are left out, so that 0 * infinity and 0 * NaN, which a dense kernel adds as NaN, are not added.
/// Any number of threads may read it.
/// </summary>
internal sealed unsafe class SparsePack : IDisposable
{
    /// <summary>Most columns of a panel; a column's number in its panel fits a byte.</summary>
    public const int MostPanelColumns = 192;

    /// <summary>Most rows of a chunk.</summary>
    public const int ChunkRows = 256;

    /// <summary>Most layouts whose places are kept: images of ever more sizes must not fill the memory.</summary>
    private const int MostPlaces = 4;

    private readonly NativeBlock _values;
    private readonly NativeBlock _columns;
    private readonly NativeBlock _segments;
    private readonly NativeBlock _segmentStarts;
    private readonly long[] _nonZeros;
    private readonly Lock _building = new();
    private LanePack? _pairedLanes;
    private LanePack? _singleLanes;
    private SparsePlaces[] _places = [];
    private bool _disposed;

    private SparsePack(SparseLayout layout, int levelCount)
    {
        (Rows, Columns, Groups, LevelCount) = (layout.Rows, layout.Columns, layout.Groups, levelCount);
        (Panels, PanelColumns) = (layout.Panels, layout.PanelColumns);
        (ChunksPerGroup, Height, PositionCount) = (layout.ChunksPerGroup, layout.Height, layout.PositionCount);
        _nonZeros = layout.NonZeros;
        _values = new NativeBlock(layout.PositionCount * Height * sizeof(float));
        _columns = new NativeBlock(layout.PositionCount);
        _segments = new NativeBlock(layout.SegmentCount * sizeof(SparseSegment));
        _segmentStarts = new NativeBlock((long)layout.StartCount * sizeof(int));
        layout.Place(Values, Positions, (SparseSegment*)_segments.Data, (int*)_segmentStarts.Data);
    }

    ~SparsePack() => Release();

    /// <summary>Rows of the matrix: outputs.</summary>
    public int Rows { get; }

    /// <summary>Columns of the matrix: inputs of a group.</summary>
    public int Columns { get; }

    /// <summary>Groups; their rows follow each other, and each has inputs of its own.</summary>
    public int Groups { get; }

    /// <summary>Levels, with the dense one, which is not in the pack.</summary>
    public int LevelCount { get; }

    public int RowsPerGroup => Rows / Groups;

    public int Panels { get; }

    /// <summary>Columns of a panel; the last one may have fewer.</summary>
    public int PanelColumns { get; }

    public int ChunksPerGroup { get; }

    /// <summary>
    /// Rows of a block that is kept or dropped as one: 16, 8 or 1. Each column's number stands for as many values.
    /// </summary>
    public int Height { get; }

    /// <summary>Columns that are named: the non-zeros of the densest level, those of a block once.</summary>
    public long PositionCount { get; }

    public float* Values => (float*)_values.Data;

    public byte* Positions => (byte*)_columns.Data;

    /// <summary>Native memory held now.</summary>
    public long Bytes =>
        _values.Bytes + _columns.Bytes + _segments.Bytes + _segmentStarts.Bytes + (_pairedLanes?.Bytes ?? 0)
        + (_singleLanes?.Bytes ?? 0) + _places.Sum(places => places.Bytes);

    /// <summary>Packs a matrix.</summary>
    /// <param name="weights">Rows by columns, row by row; or the other way round.</param>
    /// <param name="levels">For each weight the sparsest level that keeps it; 0 if only the dense one does.</param>
    /// <param name="rows">Outputs, those of the first group first.</param>
    /// <param name="columns">Inputs of a group.</param>
    /// <param name="groups">Groups; rows are a multiple.</param>
    /// <param name="levelCount">Levels, with the dense one.</param>
    /// <param name="transposed">Whether weights and levels are columns by rows.</param>
    public static SparsePack Create(
        ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, int rows, int columns, int groups, int levelCount,
        bool transposed = false)
    {
        Debug.Assert(weights.Length == (long)rows * columns && levels.Length == weights.Length && rows % groups == 0);
        fixed (float* weightsAt = weights)
        fixed (byte* levelsAt = levels)
        {
            var layout = new SparseLayout(weightsAt, levelsAt, rows, columns, groups, levelCount, transposed);
            return new SparsePack(layout, levelCount);
        }
    }

    /// <summary>Weights that the level keeps, without zeros; zeros of a block that has other weights count.</summary>
    public long NonZeros(int level) => _nonZeros[level];

    public int RowsOf(int chunk) => Math.Min(ChunkRows, RowsPerGroup - chunk * ChunkRows);

    /// <summary>The segments of a level in a panel of a chunk. The first and the last panel have one for every row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<SparseSegment> Segments(int group, int chunk, int panel, int level)
    {
        int* start = (int*)_segmentStarts.Data
            + (((long)group * ChunksPerGroup + chunk) * Panels + panel) * (LevelCount - 1) + level - 1;
        return new ReadOnlySpan<SparseSegment>((SparseSegment*)_segments.Data + start[0], start[1] - start[0]);
    }

    /// <summary>The same non-zeros for products with very few input vectors; made at the first call.</summary>
    /// <param name="rowsPerLane">1 or 2, see <see cref="LanePack.Create"/>.</param>
    public LanePack Lanes(int rowsPerLane) => rowsPerLane == 1
        ? Volatile.Read(ref _singleLanes) ?? Make(ref _singleLanes, rowsPerLane)
        : Volatile.Read(ref _pairedLanes) ?? Make(ref _pairedLanes, rowsPerLane);

    /// <summary>Where the non-zeros' columns start in a layout of the input; made at the first call.</summary>
    /// <param name="offsets">Where each column starts, in floats.</param>
    /// <returns>Null if they cannot be told in few bits, or if there are those of many layouts.</returns>
    public SparsePlaces? Places(int[] offsets)
    {
        lock (_building)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var made = Array.Find(_places, places => places.AreOf(offsets));
            if (made is null && _places.Length < MostPlaces && SparsePlaces.Create(this, offsets) is { } places)
                _places = [.. _places, made = places];
            return made;
        }
    }

    private LanePack Make(ref LanePack? made, int rowsPerLane)
    {
        lock (_building)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (made is null)
                Volatile.Write(ref made, LanePack.Create(this, rowsPerLane));
            return made;
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        lock (_building)
        {
            if (_disposed)
                return;
            _disposed = true;
            _pairedLanes?.Free();
            _singleLanes?.Free();
            foreach (var places in _places)
                places.Free();
            _values.Free();
            _columns.Free();
            _segments.Free();
            _segmentStarts.Free();
        }
    }
}
