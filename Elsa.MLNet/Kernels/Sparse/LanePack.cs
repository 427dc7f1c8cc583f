using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The non-zeros of a <see cref="SparsePack"/> for one to eight input vectors. A slot is one non-zero of each of sixteen
/// lanes, with its column inside a window of 32; the window of the input stays in two registers, in which sixteen columns
/// are looked up by one instruction. A level uses of each window the first slots, and of each lane the first non-zeros.
/// How the slots are kept full is <see cref="LaneLayout"/>'s.
/// </summary>
internal sealed unsafe class LanePack
{
    /// <summary>Lanes of a slot.</summary>
    public const int Lanes = 16;

    /// <summary>Columns of a window.</summary>
    public const int WindowColumns = 32;

    /// <summary>Columns from one window to the next: a column is in two windows.</summary>
    public const int WindowStep = 16;

    /// <summary>Most columns whose windows a <see cref="LaneSegment"/> can number.</summary>
    public const int MostColumns = ushort.MaxValue * WindowStep;

    /// <summary>In a position: the non-zero is of the lane's second row. Below is the column.</summary>
    public const byte SecondRow = WindowColumns;

    private readonly NativeBlock _values;
    private readonly NativeBlock _positions;
    private readonly NativeBlock _counts;
    private readonly NativeBlock _segments;
    private readonly NativeBlock _rows;
    private readonly int[] _segmentStarts;
    private readonly int _levelCount;
    private readonly int _chunksPerGroup;

    private LanePack(SparsePack pack, LaneLayout layout)
    {
        (GroupRows, _levelCount, _chunksPerGroup) = (layout.GroupRows, pack.LevelCount, pack.ChunksPerGroup);
        _segmentStarts = [.. layout.SegmentStarts];
        _values = new NativeBlock(layout.SlotCount * Lanes * sizeof(float));
        _positions = new NativeBlock(layout.SlotCount * Lanes);
        _values.Clear();
        _positions.Clear();
        layout.Place(Values, Positions);
        _counts = Copy<byte>(CollectionsMarshal.AsSpan(layout.Counts));
        _segments = Copy<LaneSegment>(CollectionsMarshal.AsSpan(layout.Segments));
        _rows = Copy<short>(layout.Rows);
    }

    /// <summary>Rows of a group of lanes: 16, or 32 if two share a lane.</summary>
    public int GroupRows { get; }

    public float* Values => (float*)_values.Data;

    public byte* Positions => (byte*)_positions.Data;

    public byte* Counts => (byte*)_counts.Data;

    public long Bytes => _values.Bytes + _positions.Bytes + _counts.Bytes + _segments.Bytes + _rows.Bytes;

    /// <param name="pack">The pack.</param>
    /// <param name="rowsPerLane">Rows that share a lane: 1, or 2, which fill slots better but cost an addition more.
    /// </param>
    public static LanePack Create(SparsePack pack, int rowsPerLane) => new(pack, new LaneLayout(pack, rowsPerLane));

    /// <summary>Windows that hold all columns.</summary>
    public static int Windows(int columns) => Math.Max(1, (columns + WindowStep - 1) / WindowStep);

    /// <summary>The rows of a group of lanes, within their chunk: the lanes' first rows, then their second ones;
    /// negative where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public short* Rows(int group, int chunk, int lanes) =>
        (short*)_rows.Data + (long)(group * _chunksPerGroup + chunk) * SparsePack.ChunkRows + lanes * GroupRows;

    /// <summary>The segments of a group of lanes at a level, one per window of which it uses something.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<LaneSegment> Segments(int group, int chunk, int lanes, int level)
    {
        int at = ((group * _chunksPerGroup + chunk) * (SparsePack.ChunkRows / GroupRows) + lanes) * (_levelCount - 1) + level - 1;
        return new ReadOnlySpan<LaneSegment>(
            (LaneSegment*)_segments.Data + _segmentStarts[at], _segmentStarts[at + 1] - _segmentStarts[at]);
    }

    public void Free()
    {
        _values.Free();
        _positions.Free();
        _counts.Free();
        _segments.Free();
        _rows.Free();
    }

    private static NativeBlock Copy<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        var block = new NativeBlock((long)values.Length * sizeof(T));
        values.CopyTo(new Span<T>(block.Data, values.Length));
        return block;
    }
}
