using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>How the columns that a panel's non-zeros name are numbered, and where they lie.</summary>
internal unsafe interface ITileColumns
{
    /// <summary>Bytes of a number: 1 or 2.</summary>
    static abstract int Size { get; }

    /// <summary>Where the column of a number starts.</summary>
    /// <param name="x">The input.</param>
    /// <param name="offsets">Where the panel's columns start, or null.</param>
    /// <param name="number">The column's number.</param>
    /// <param name="width">Positions of the tile.</param>
    /// <param name="shift">See <see cref="SparsePlaces.Shift"/>.</param>
    static abstract float* Start(float* x, int* offsets, nint number, nint width, int shift);
}

/// <summary>The ways, and what reads the numbers.</summary>
internal static unsafe class TileColumns
{
    /// <summary>The four numbers from a place on, by one load.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong LoadFour<TColumns>(byte* numbers) where TColumns : ITileColumns =>
        TColumns.Size == 1 ? *(uint*)numbers : *(ulong*)numbers;

    /// <summary>Where the column starts whose number is the index-th of those loaded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Start<TColumns>(float* x, int* offsets, ulong numbers, int index, nint width, int shift)
        where TColumns : ITileColumns
    {
        nint number = TColumns.Size == 1 ? (byte)(numbers >> (8 * index)) : (ushort)(numbers >> (16 * index));
        return TColumns.Start(x, offsets, number, width, shift);
    }

    /// <summary>Where the column of one non-zero starts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Start<TColumns>(float* x, int* offsets, byte* numbers, nint index, nint width, int shift)
        where TColumns : ITileColumns
    {
        nint number = TColumns.Size == 1 ? numbers[index] : ((ushort*)numbers)[index];
        return TColumns.Start(x, offsets, number, width, shift);
    }

    /// <summary>Each row of a copied tile follows the one before.</summary>
    public readonly struct Copied : ITileColumns
    {
        public static int Size => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float* Start(float* x, int* offsets, nint number, nint width, int shift) => x + number * width;
    }

    /// <summary>They lie where a table tells.</summary>
    public readonly struct Scattered : ITileColumns
    {
        public static int Size => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float* Start(float* x, int* offsets, nint number, nint width, int shift) => x + offsets[number];
    }

    /// <summary>The number is the place, see <see cref="SparsePlaces"/>.</summary>
    public readonly struct Placed : ITileColumns
    {
        public static int Size => sizeof(ushort);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static float* Start(float* x, int* offsets, nint number, nint width, int shift) => x + (number << shift);
    }
}
