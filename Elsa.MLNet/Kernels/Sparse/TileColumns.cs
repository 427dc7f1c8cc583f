using System.Numerics;
using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// How the columns that a panel's non-zeros name are numbered, and where they start. Four are read by one load, and it
/// takes two instructions to find where each starts.
/// </summary>
internal unsafe interface ITileColumns
{
    /// <summary>Bytes of a number.</summary>
    static abstract int Size { get; }

    /// <summary>Where the column of one non-zero starts, in floats.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="index">The non-zero.</param>
    /// <param name="offsets">Where the panel's columns start, or null.</param>
    /// <param name="width">Positions of the tile.</param>
    /// <param name="shift">See <see cref="SparsePlaces.Shift"/>.</param>
    static abstract nint Offset(byte* numbers, nint index, int* offsets, nint width, int shift);

    /// <summary>What the columns of a non-zero and of the three behind it have in it.</summary>
    static abstract ulong LoadFour(byte* numbers, nint index, nint width, int shift);

    /// <summary>Where one of those columns starts.</summary>
    /// <param name="four">From <see cref="LoadFour"/>.</param>
    /// <param name="index">Which of the four; a constant.</param>
    /// <param name="offsets">As above.</param>
    /// <param name="width">As above.</param>
    /// <param name="shift">As above.</param>
    static abstract nint Offset(ulong four, int index, int* offsets, nint width, int shift);
}

/// <summary>The ways.</summary>
internal static unsafe class TileColumns
{
    /// <summary>Each row of a copied tile follows the one before.</summary>
    public readonly struct Copied : ITileColumns
    {
        public static int Size => sizeof(byte);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static nint Offset(byte* numbers, nint index, int* offsets, nint width, int shift) => numbers[index] * width;

        // Widths are powers of two: the products do not touch each other.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong LoadFour(byte* numbers, nint index, nint width, int shift) =>
            *(uint*)(numbers + index) * (ulong)width;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static nint Offset(ulong four, int index, int* offsets, nint width, int shift) =>
            (nint)(BitOperations.RotateRight(four, 8 * index) & (ulong)(byte.MaxValue * width));
    }

    /// <summary>They lie where a table tells.</summary>
    public readonly struct Scattered : ITileColumns
    {
        public static int Size => sizeof(byte);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static nint Offset(byte* numbers, nint index, int* offsets, nint width, int shift) =>
            offsets[numbers[index]];

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong LoadFour(byte* numbers, nint index, nint width, int shift) => *(uint*)(numbers + index);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static nint Offset(ulong four, int index, int* offsets, nint width, int shift) =>
            offsets[(byte)(four >> (8 * index))];
    }

    /// <summary>The number is the place, see <see cref="SparsePlaces"/>.</summary>
    public readonly struct Placed : ITileColumns
    {
        public static int Size => sizeof(ushort);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static nint Offset(byte* numbers, nint index, int* offsets, nint width, int shift) =>
            (nint)((ushort*)numbers)[index] << shift;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong LoadFour(byte* numbers, nint index, nint width, int shift) =>
            BitOperations.RotateLeft(*(ulong*)((ushort*)numbers + index), shift);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static nint Offset(ulong four, int index, int* offsets, nint width, int shift) =>
            (nint)(BitOperations.RotateRight(four, 16 * index) & ((ulong)ushort.MaxValue << shift));
    }
}
