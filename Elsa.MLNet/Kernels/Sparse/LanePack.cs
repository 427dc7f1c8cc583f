using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The non-zeros of a <see cref="SparsePack"/> for one to eight input vectors: sixteen rows side by side, a lane each. A
/// slot is one non-zero of every row, with its column inside a panel of 32; the panel of the input stays in two registers,
/// in which sixteen columns are looked up by one instruction. Rows of like length share lanes. A level uses the first
/// slots, and of each lane the first non-zeros.
/// </summary>
internal sealed unsafe class LanePack
{
    /// <summary>Rows side by side.</summary>
    public const int Lanes = 16;

    /// <summary>Columns of a panel.</summary>
    public const int PanelColumns = 32;

    /// <summary>Times <see cref="Lanes"/>: the most rows of a chunk.</summary>
    public const int LanesPerChunk = SparsePack.ChunkRows / Lanes;

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
        (_levelCount, _chunksPerGroup) = (pack.LevelCount, pack.ChunksPerGroup);
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

    public float* Values => (float*)_values.Data;

    public byte* Positions => (byte*)_positions.Data;

    public byte* Counts => (byte*)_counts.Data;

    public long Bytes => _values.Bytes + _positions.Bytes + _counts.Bytes + _segments.Bytes + _rows.Bytes;

    public static LanePack Create(SparsePack pack) => new(pack, new LaneLayout(pack));

    /// <summary>The rows of sixteen lanes, within their chunk; negative where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public short* Rows(int group, int chunk, int lanes) =>
        (short*)_rows.Data + ((long)(group * _chunksPerGroup + chunk) * LanesPerChunk + lanes) * Lanes;

    /// <summary>The segments of sixteen lanes at a level, one per panel in which it keeps something.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<LaneSegment> Segments(int group, int chunk, int lanes, int level)
    {
        int at = ((group * _chunksPerGroup + chunk) * LanesPerChunk + lanes) * (_levelCount - 1) + level - 1;
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
