using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>The slots of a group of lanes in a window that one level uses.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct LaneSegment(int start, int window, int slots, int counts)
{
    /// <summary>Number of the first slot in the pack.</summary>
    public readonly int Start = start;

    /// <summary>Window of columns.</summary>
    public readonly ushort Window = (ushort)window;

    /// <summary>Slots: as many as the lane with the most non-zeros has.</summary>
    public readonly ushort Slots = (ushort)slots;

    /// <summary>Where the lanes' numbers of non-zeros are; negative if all that the slots hold is used.</summary>
    public readonly int Counts = counts;
}
