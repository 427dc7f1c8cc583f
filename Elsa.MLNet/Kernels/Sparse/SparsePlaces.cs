using System.Numerics;
using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// Where in one layout of the input the column of each non-zero of a <see cref="SparsePack"/> starts. Looking the column up
/// in a table would be one more load for every non-zero, and loads are what a product waits for.
/// </summary>
internal sealed unsafe class SparsePlaces
{
    private readonly int[] _offsets;
    private readonly int[] _panelStarts;
    private readonly NativeBlock _places;

    private SparsePlaces(SparsePack pack, int[] offsets, int[] panelStarts, int shift)
    {
        (_offsets, _panelStarts, Shift) = (offsets, panelStarts, shift);
        _places = new NativeBlock(pack.PositionCount * sizeof(ushort));
        for (int group = 0; group < pack.Groups; group++)
        {
            for (int chunk = 0; chunk < pack.ChunksPerGroup; chunk++)
            {
                for (int panel = 0; panel < pack.Panels; panel++)
                {
                    // The densest level has every non-zero.
                    foreach (ref readonly var segment in pack.Segments(group, chunk, panel, 1))
                        Place(pack, panel, segment);
                }
            }
        }
    }

    /// <summary>For each non-zero (start of its column - <see cref="PanelStart"/>) >> <see cref="Shift"/>.</summary>
    public ushort* Places => (ushort*)_places.Data;

    public int Shift { get; }

    public long Bytes => _places.Bytes;

    /// <summary>The first float that a panel reads.</summary>
    public int PanelStart(int panel) => _panelStarts[panel];

    /// <summary>The places, or null if sixteen bits do not hold them.</summary>
    /// <param name="pack">The pack.</param>
    /// <param name="offsets">Where each column of the input starts, in floats.</param>
    public static SparsePlaces? Create(SparsePack pack, int[] offsets)
    {
        var starts = new int[pack.Panels];
        uint multiple = 0, largest = 0;
        for (int panel = 0; panel < pack.Panels; panel++)
        {
            var columns = offsets.AsSpan(
                panel * pack.PanelColumns, Math.Min(pack.PanelColumns, pack.Columns - panel * pack.PanelColumns));
            starts[panel] = int.MaxValue;
            foreach (int offset in columns)
                starts[panel] = Math.Min(starts[panel], offset);
            foreach (int offset in columns)
            {
                multiple |= (uint)(offset - starts[panel]);
                largest = Math.Max(largest, (uint)(offset - starts[panel]));
            }
        }
        int shift = multiple == 0 ? 0 : BitOperations.TrailingZeroCount(multiple);
        return largest >> shift > ushort.MaxValue ? null : new SparsePlaces(pack, offsets, starts, shift);
    }

    public bool AreOf(ReadOnlySpan<int> offsets) => offsets.SequenceEqual(_offsets);

    public void Free() => _places.Free();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Place(SparsePack pack, int panel, in SparseSegment segment)
    {
        for (int i = segment.Start, end = segment.Start + segment.Count; i < end; i++)
        {
            int column = panel * pack.PanelColumns + pack.Positions[i];
            Places[i] = (ushort)((_offsets[column] - _panelStarts[panel]) >> Shift);
        }
    }
}
