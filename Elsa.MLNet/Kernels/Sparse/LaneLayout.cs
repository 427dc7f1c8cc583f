using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The order of a <see cref="LanePack"/>: group, chunk, group of rows, window, slot, lane. A slot costs the same however
/// many of its lanes hold a non-zero, so lanes are made even in three ways: rows of like length stand together; where two
/// share a lane, the longest is with the shortest; and as a column is in two windows, a non-zero goes into the first where
/// its lane has room, so that lanes with much to do begin it early. Windows are filled from left to right and from the
/// sparsest level to the densest, with no more slots than a lane needs for what cannot wait for the next window.
/// The pack is read twice, to count and to place.
/// </summary>
internal sealed unsafe class LaneLayout
{
    private readonly SparsePack _pack;
    private readonly int _windows;

    // Of one chunk, per panel and row: non-zeros of the levels so far.
    private readonly int[] _visited;

    // Per chunk; by level, group of rows, step of columns and lane: non-zeros, then how many of them are in the window before.
    private readonly byte[][] _early;

    // Per chunk, group of rows and window: the first slot.
    private readonly int[] _slots;

    public LaneLayout(SparsePack pack, int rowsPerLane)
    {
        _pack = pack;
        GroupRows = LanePack.Lanes * rowsPerLane;
        _windows = LanePack.Windows(pack.Columns);
        _visited = new int[pack.Panels * SparsePack.ChunkRows];
        int chunks = pack.Groups * pack.ChunksPerGroup;
        Rows = new short[chunks * SparsePack.ChunkRows];
        _early = new byte[chunks][];
        _slots = new int[chunks * GroupsPerChunk * _windows];
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            AssignRows(chunk);
            _early[chunk] = new byte[pack.LevelCount * ChunkBytes];
            fixed (byte* counts = _early[chunk])
                Visit(chunk, new Counting { Counts = counts, LevelBytes = ChunkBytes });
            for (int group = 0; group < GroupsPerChunk; group++)
                Fill(chunk, group);
        }
        SegmentStarts.Add(Segments.Count);
    }

    /// <summary>See <see cref="LanePack.GroupRows"/>.</summary>
    public int GroupRows { get; }

    /// <summary>See <see cref="LanePack.Rows"/>.</summary>
    public short[] Rows { get; }

    public List<byte> Counts { get; } = [];

    public List<LaneSegment> Segments { get; } = [];

    public List<int> SegmentStarts { get; } = [];

    public long SlotCount { get; private set; }

    private int GroupsPerChunk => SparsePack.ChunkRows / GroupRows;

    private int ChunkBytes => GroupsPerChunk * GroupBytes;

    private int GroupBytes => _windows * LanePack.Lanes;

    /// <summary>Writes the non-zeros; once.</summary>
    /// <param name="values"><see cref="SlotCount"/> times sixteen zeros.</param>
    /// <param name="positions">As many zeros.</param>
    public void Place(float* values, byte* positions)
    {
        var used = new byte[ChunkBytes];
        for (int chunk = 0; chunk < _early.Length; chunk++)
        {
            Array.Clear(used);
            fixed (byte* early = _early[chunk], usedAt = used)
            fixed (int* slots = &_slots[chunk * GroupsPerChunk * _windows])
            {
                Visit(chunk, new Placing
                {
                    Early = early,
                    LevelBytes = ChunkBytes,
                    Used = usedAt,
                    Slots = slots,
                    From = _pack.Values,
                    Values = values,
                    Positions = positions,
                });
            }
        }
    }

    private Span<short> RowsOf(int chunk) => Rows.AsSpan(chunk * SparsePack.ChunkRows, SparsePack.ChunkRows);

    private ReadOnlySpan<SparseSegment> SegmentsOf(int chunk, int panel, int level) =>
        _pack.Segments(chunk / _pack.ChunksPerGroup, chunk % _pack.ChunksPerGroup, panel, level);

    /// <summary>Sorts rows by their number of non-zeros. Those after the first sixteen of a group go into lanes in the
    /// opposite order.</summary>
    private void AssignRows(int chunk)
    {
        int count = _pack.RowsOf(chunk % _pack.ChunksPerGroup);
        var keys = new long[count];
        var sorted = new short[count];
        for (int row = 0; row < count; row++)
            (keys[row], sorted[row]) = (row, (short)row);
        for (int panel = 0; panel < _pack.Panels; panel++)
        {
            foreach (var segment in SegmentsOf(chunk, panel, 1))
                keys[segment.Row] += (long)segment.Count * SparsePack.ChunkRows;
        }
        keys.AsSpan().Sort(sorted.AsSpan());
        var rows = RowsOf(chunk);
        rows.Fill(-1);
        for (int i = 0; i < count; i++)
        {
            int at = i % GroupRows;
            int place = at < LanePack.Lanes ? at : GroupRows + LanePack.Lanes - 1 - at;
            rows[i - at + place] = sorted[i];
        }
    }

    /// <summary>Visits a chunk's non-zeros from the sparsest level to the densest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Visit<TVisitor>(int chunk, TVisitor visitor) where TVisitor : struct, IVisitor
    {
        Span<int> places = stackalloc int[SparsePack.ChunkRows];
        var rows = RowsOf(chunk);
        for (int place = 0; place < rows.Length; place++)
        {
            if (rows[place] >= 0)
                places[rows[place]] = place;
        }
        Array.Clear(_visited);
        for (int level = _pack.LevelCount - 1; level > 0; level--)
        {
            for (int panel = 0; panel < _pack.Panels; panel++)
            {
                foreach (var segment in SegmentsOf(chunk, panel, level))
                {
                    int group = Math.DivRem(places[segment.Row], GroupRows, out int row);
                    var lane = new Lane(
                        level, group * _windows, row % LanePack.Lanes, row < LanePack.Lanes ? (byte)0 : LanePack.SecondRow);
                    ref int visited = ref _visited[panel * SparsePack.ChunkRows + segment.Row];
                    for (; visited < segment.Count; visited++)
                    {
                        int i = segment.Start + visited;
                        visitor.Visit(lane, panel * _pack.PanelColumns + _pack.Positions[i], i);
                    }
                }
            }
        }
    }

    /// <summary>Decides the slots of a group of rows, and what of a window's own columns goes into the window before.</summary>
    private void Fill(int chunk, int group)
    {
        // By level, window and lane: the non-zeros in the window.
        var used = new byte[_pack.LevelCount * GroupBytes];
        var slots = new byte[_windows];
        for (int level = _pack.LevelCount - 1; level > 0; level--)
        {
            var ofLevel = used.AsSpan(level * GroupBytes, GroupBytes);
            if (level + 1 < _pack.LevelCount)
                used.AsSpan((level + 1) * GroupBytes, GroupBytes).CopyTo(ofLevel);
            FillWindows(_early[chunk].AsSpan(level * ChunkBytes + group * GroupBytes, GroupBytes), ofLevel, slots);
        }
        // Windows stand in memory as they are read, those of like length together: such loops are predicted well.
        int first = (chunk * GroupsPerChunk + group) * _windows;
        int[] order = [.. Enumerable.Range(0, _windows).OrderBy(window => slots[window])];
        foreach (int window in order)
        {
            _slots[first + window] = checked((int)SlotCount);
            SlotCount += slots[window];
        }
        for (int level = 1; level < _pack.LevelCount; level++)
            AddSegments(level, first, order, used.AsSpan(level * GroupBytes, GroupBytes));
    }

    /// <summary>Fills the windows with one level's non-zeros.</summary>
    /// <param name="counts">By step of columns and lane the non-zeros; receives how many of them come early.</param>
    /// <param name="used">By window and lane, what sparser levels put there; receives it with this level's.</param>
    /// <param name="slots">Per window, what sparser levels need; likewise.</param>
    private static void FillWindows(Span<byte> counts, Span<byte> used, Span<byte> slots)
    {
        var counted = MemoryMarshal.Cast<byte, Vector128<byte>>(counts);
        var filled = MemoryMarshal.Cast<byte, Vector128<byte>>(used);
        var waiting = counted[0];
        counted[0] = default;
        for (int window = 0; window < filled.Length; window++)
        {
            var needed = Vector128.ConditionalSelect(
                Vector128.Equals(waiting, default), default, filled[window] + waiting);
            slots[window] = Math.Max(slots[window], Most(needed));
            filled[window] += waiting;
            if (window + 1 == filled.Length)
                break;
            var early = Vector128.Min(counted[window + 1], Vector128.Create(slots[window]) - filled[window]);
            filled[window] += early;
            waiting = counted[window + 1] - early;
            counted[window + 1] = early;
        }
    }

    private void AddSegments(int level, int firstWindow, ReadOnlySpan<int> order, ReadOnlySpan<byte> used)
    {
        SegmentStarts.Add(Segments.Count);
        var filled = MemoryMarshal.Cast<byte, Vector128<byte>>(used);
        foreach (int window in order)
        {
            int slots = Most(filled[window]);
            if (slots == 0)
                continue;
            Segments.Add(new LaneSegment(_slots[firstWindow + window], window, slots, level == 1 ? -1 : Counts.Count));
            if (level > 1)
                Counts.AddRange(used.Slice(window * LanePack.Lanes, LanePack.Lanes));
        }
    }

    private static byte Most(Vector128<byte> counts) => TensorPrimitives.Max<byte>(
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Vector128<byte>, byte>(ref counts), Vector128<byte>.Count));

    /// <summary>Where a row's non-zeros of a level go.</summary>
    private readonly struct Lane(int level, int firstWindow, int number, byte row)
    {
        public readonly int Level = level, FirstWindow = firstWindow, Number = number;

        /// <summary>0 or <see cref="LanePack.SecondRow"/>.</summary>
        public readonly byte Row = row;

        public int At(int step) => (FirstWindow + step) * LanePack.Lanes + Number;
    }

    private interface IVisitor
    {
        void Visit(in Lane lane, int column, int index);
    }

    private struct Counting : IVisitor
    {
        public byte* Counts;
        public int LevelBytes;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Visit(in Lane lane, int column, int index) =>
            Counts[(long)lane.Level * LevelBytes + lane.At(column / LanePack.WindowStep)]++;
    }

    private struct Placing : IVisitor
    {
        public byte* Early;
        public int LevelBytes;
        public byte* Used;
        public int* Slots;
        public float* From;
        public float* Values;
        public byte* Positions;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Visit(in Lane lane, int column, int index)
        {
            int window = column / LanePack.WindowStep;
            byte* early = Early + (long)lane.Level * LevelBytes + lane.At(window);
            if (*early > 0)
            {
                (*early)--;
                window--;
            }
            int slot = Slots[lane.FirstWindow + window] + Used[lane.At(window)]++;
            long at = (long)slot * LanePack.Lanes + lane.Number;
            Values[at] = From[index];
            Positions[at] = (byte)((column - window * LanePack.WindowStep) | lane.Row);
        }
    }
}
