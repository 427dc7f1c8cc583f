using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>The slots of sixteen rows in a panel that one level uses.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct LaneSegment(int start, int panel, int slots, int counts)
{
    /// <summary>Number of the first slot in the pack.</summary>
    public readonly int Start = start;

    /// <summary>Panel of columns.</summary>
    public readonly ushort Panel = (ushort)panel;

    /// <summary>Slots: as many as the row with the most non-zeros has.</summary>
    public readonly ushort Slots = (ushort)slots;

    /// <summary>Where the sixteen rows' numbers of non-zeros are; negative if what lies beyond them is zero.</summary>
    public readonly int Counts = counts;
}
