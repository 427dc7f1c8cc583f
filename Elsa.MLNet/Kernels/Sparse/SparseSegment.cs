using System.Runtime.InteropServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>The non-zeros of one row, or block, in one panel that one level keeps: the first so many.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct SparseSegment(int start, int row, int count)
{
    /// <summary>Number of the first non-zero in the pack.</summary>
    public readonly int Start = start;

    /// <summary>Row within its chunk; of a block the first.</summary>
    public readonly ushort Row = (ushort)row;

    /// <summary>Non-zeros.</summary>
    public readonly ushort Count = (ushort)count;
}
