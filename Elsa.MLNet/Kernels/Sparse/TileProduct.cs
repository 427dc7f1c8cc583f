using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels.Sparse;

/// <summary>
/// The product of some chunks of a pack's rows with one tile of positions, panel by panel. Where a tile is copied, or
/// transposed, and does not fit the second-level cache, a panel is copied when it is its turn and multiplied with several
/// chunks, whose sums wait in that cache.
/// </summary>
internal unsafe struct TileProduct
{
    /// <summary>Chunks of rows whose sums stay in the second-level cache.</summary>
    private const int BlockChunks = 4;

    /// <summary>Bytes of a tile that stays in the second-level cache beside sums and weights.</summary>
    private const int SmallTile = 256 << 10;

    public SparsePack Pack;

    /// <summary>Level, at least 1.</summary>
    public int Level;

    /// <summary>Group of the rows.</summary>
    public int Group;

    public int FirstChunk;

    /// <summary>The one after the last.</summary>
    public int EndChunk;

    /// <summary>Positions of the tile, from <see cref="SparseTile.Width"/>.</summary>
    public int Width;

    /// <summary>Where each column of the tile starts; null if panels are copied.</summary>
    public int* Offsets;

    /// <summary>The same for each non-zero, or null; not for blocks.</summary>
    public SparsePlaces? Places;

    public InstructionSet Set;

    /// <summary>Computes the tile.</summary>
    /// <param name="access">Its input and its results.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TAccess>(in TAccess access) where TAccess : ITileAccess
    {
        bool copies = Offsets is null, isSmall = (long)Pack.Columns * Width * sizeof(float) <= SmallTile;
        using var copy = new Scratch(!copies ? 0 : (long)(isSmall ? Pack.Columns : Pack.PanelColumns) * Width);
        int blockChunks = copies && !isSmall ? Math.Min(BlockChunks, EndChunk - FirstChunk) : 1;
        int chunkSums = SparsePack.ChunkRows * Width;
        using var sums = new Scratch((long)blockChunks * chunkSums);
        float* whole = copies && !isSmall ? null : access.Columns(0, Pack.Columns, copy.Data);
        for (int block = FirstChunk; block < EndChunk; block += blockChunks)
        {
            int end = Math.Min(block + blockChunks, EndChunk);
            for (int panel = 0; panel < Pack.Panels; panel++)
            {
                int first = panel * Pack.PanelColumns;
                float* x = !copies ? whole
                    : whole is not null ? whole + (long)first * Width
                    : access.Columns(first, Math.Min(Pack.PanelColumns, Pack.Columns - first), copy.Data);
                for (int chunk = block; chunk < end; chunk++)
                {
                    float* chunkStart = sums.Data + (chunk - block) * chunkSums;
                    if (panel == Pack.Panels - 1 && access.Finishes)
                    {
                        var results = access.Results(chunk);
                        SparseTile.Run(this, chunk, panel, x, chunkStart, &results);
                    }
                    else
                    {
                        SparseTile.Run(this, chunk, panel, x, chunkStart, null);
                    }
                }
            }
            for (int chunk = block; chunk < end; chunk++)
                access.Write(chunk, sums.Data + (chunk - block) * chunkSums);
        }
    }
}

/// <summary>The input and the results of a <see cref="TileProduct"/>.</summary>
internal unsafe interface ITileAccess
{
    /// <summary>Whether sums are finished into <see cref="Results"/>; see <see cref="SparseTile.Finishes"/>.</summary>
    bool Finishes { get; }

    /// <summary>Where the tile's rows of some columns are: where the tile starts, or in a copy.</summary>
    /// <param name="first">First column.</param>
    /// <param name="count">Columns: a panel.</param>
    /// <param name="copy">Room for the copy, if there is none before.</param>
    float* Columns(int first, int count, float* copy);

    /// <summary>Where results of a chunk go.</summary>
    TileResults Results(int chunk);

    /// <summary>Writes what is not yet where it belongs.</summary>
    void Write(int chunk, float* sums);
}
