using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The product of a pack with a tile of input vectors: x[column][position] for a few vectors' width of positions.
/// A non-zero is broadcast and multiplied with the tile's row of its column, so that vectors run along positions and no
/// value is gathered. Even and odd non-zeros of a segment have sums of their own, because one chain of additions would
/// wait for itself; the order of additions does not depend on the tile's width or on the instruction set.
/// </summary>
internal static unsafe partial class SparseTile
{
    /// <summary>Bytes of a copied tile that leave room in the second-level cache.</summary>
    private const int TileBytes = 256 << 10;

    /// <summary>Positions of the widest tile: as many as there are registers for two sums of each.</summary>
    public static int Widest(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => 8 * Lanes512.Count,
        InstructionSet.Avx2 => 4 * Lanes256.Count,
        _ => 4 * Lanes128.Count,
    };

    /// <summary>The tile for as many positions: the widest, or for fewer a narrower one that holds them.</summary>
    /// <param name="set">Instructions to use.</param>
    /// <param name="positions">Positions.</param>
    /// <param name="copiedColumns">Columns of a tile that is copied for the product, else 0.</param>
    public static int Width(InstructionSet set, int positions, int copiedColumns)
    {
        int width = Widest(set), narrowest = Lanes128.Count;
        while (width > narrowest && positions <= width / 2)
            width /= 2;
        bool isTooLarge = width > 4 * Lanes512.Count && (long)copiedColumns * width * sizeof(float) > TileBytes;
        return isTooLarge ? width / 2 : width;
    }

    /// <summary>Sums of a chunk of rows: sums[row][position] = sum over columns of w[row, column] x[column][position].
    /// The bits of a sum do not depend on where the columns lie.</summary>
    /// <param name="set">Instructions to use.</param>
    /// <param name="pack">The weights.</param>
    /// <param name="level">Level, at least 1.</param>
    /// <param name="group">Group of the rows.</param>
    /// <param name="chunk">Chunk of the group's rows.</param>
    /// <param name="x">The tile.</param>
    /// <param name="offsets">Where each column of the tile starts, from x; null if they follow each other.</param>
    /// <param name="width">Positions of the tile, from <see cref="Width"/>.</param>
    /// <param name="sums">Receives the sums; like x.</param>
    public static void Run(
        InstructionSet set, SparsePack pack, int level, int group, int chunk, float* x, int* offsets, int width,
        float* sums)
    {
        if (pack.Height > 1)
        {
            SparseBlockTile.Run(set, pack, level, group, chunk, x, offsets, width, sums);
            return;
        }
        switch (set, width)
        {
            case (InstructionSet.Avx512, 128):
                Run<Eight<Lanes512, Vector512<float>, Tile>, Eight<Lanes512, Vector512<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx512, 64):
                Run<Four<Lanes512, Vector512<float>, Tile>, Four<Lanes512, Vector512<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx512, 32):
                Run<Two<Lanes512, Vector512<float>, Tile>, Two<Lanes512, Vector512<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx512, 16):
                Run<One<Lanes512, Vector512<float>, Tile>, One<Lanes512, Vector512<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx2, 32):
                Run<Four<Lanes256, Vector256<float>, Tile>, Four<Lanes256, Vector256<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx2, 16):
                Run<Two<Lanes256, Vector256<float>, Tile>, Two<Lanes256, Vector256<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Avx512 or InstructionSet.Avx2, 8):
                Run<One<Lanes256, Vector256<float>, Tile>, One<Lanes256, Vector256<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Portable, 16):
                Run<Four<Lanes128, Vector128<float>, Tile>, Four<Lanes128, Vector128<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            case (InstructionSet.Portable, 8):
                Run<Two<Lanes128, Vector128<float>, Tile>, Two<Lanes128, Vector128<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
            default:
                Run<One<Lanes128, Vector128<float>, Tile>, One<Lanes128, Vector128<float>, Scattered>>(
                    pack, level, group, chunk, x, offsets, width, sums);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TRows, TScatteredRows>(
        SparsePack pack, int level, int group, int chunk, float* x, int* offsets, int width, float* sums)
        where TRows : IRows
        where TScatteredRows : IRows
    {
        for (int panel = 0; panel < pack.Panels; panel++)
        {
            int first = panel * SparsePack.PanelColumns;
            var segments = pack.Segments(group, chunk, panel, level);
            fixed (SparseSegment* segment = segments)
            {
                if (offsets is null)
                {
                    TRows.Add(
                        segment, segments.Length, pack.Positions, pack.Values, x + (long)first * width, null, sums,
                        panel == 0);
                }
                else
                {
                    TScatteredRows.Add(
                        segment, segments.Length, pack.Positions, pack.Values, x, offsets + first, sums, panel == 0);
                }
            }
        }
    }
}
