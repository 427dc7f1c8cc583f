namespace Elsa.MLNet.Kernels;

/// <summary>
/// How the images of a convolution of 3 x 3 weights without strides are cut into tiles of 4 x 4 outputs, and these into
/// chunks: some images, or a band of one.
/// </summary>
internal sealed class WinogradTiles
{
    private const int Side = 4;

    /// <summary>Positions around the outputs that the kernel reaches.</summary>
    private const int Border = 2;

    /// <summary>Floats of the transformed tiles of a chunk: most of the second-level cache.</summary>
    private const int ChunkFloats = 160 << 10;

    private readonly int _images;
    private readonly int _bands;

    /// <param name="images">Images.</param>
    /// <param name="height">Rows of the outputs.</param>
    /// <param name="width">Columns of the outputs.</param>
    /// <param name="floatsPerTile">Floats of a transformed tile.</param>
    public WinogradTiles(int images, int height, int width, int floatsPerTile)
    {
        (_images, Height, Width) = (images, height, width);
        (Rows, Columns) = ((height + Side - 1) / Side, (width + Side - 1) / Side);
        int tiles = Math.Max(1, ChunkFloats / floatsPerTile);
        ImagesPerChunk = Math.Clamp(tiles / (Rows * Columns), 1, Math.Max(images, 1));
        RowsPerChunk = Math.Clamp(tiles / Columns, 1, Rows);
        _bands = (Rows + RowsPerChunk - 1) / RowsPerChunk;
        Chunks = (images + ImagesPerChunk - 1) / ImagesPerChunk * _bands;
    }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Tiles above each other.</summary>
    public int Rows { get; }

    /// <summary>Tiles side by side.</summary>
    public int Columns { get; }

    public int Chunks { get; }

    public int ImagesPerChunk { get; }

    public int RowsPerChunk { get; }

    /// <summary>Most tiles of a chunk.</summary>
    public int ChunkTiles => ImagesPerChunk * RowsPerChunk * Columns;

    /// <summary>Columns that the tiles and the kernel reach.</summary>
    public int ReachedColumns => Side * Columns + Border;

    /// <summary>Rows that the tiles of a chunk's image and the kernel reach.</summary>
    public int ReachedRows => Side * RowsPerChunk + Border;

    public Chunk this[int index]
    {
        get
        {
            int image = index / _bands * ImagesPerChunk, row = index % _bands * RowsPerChunk;
            return new Chunk(
                image, Math.Min(ImagesPerChunk, _images - image), row, Math.Min(RowsPerChunk, Rows - row), Columns);
        }
    }

    /// <summary>Some images, and of each some rows of tiles.</summary>
    internal readonly record struct Chunk(int Image, int Images, int Row, int Rows, int Columns)
    {
        public int Tiles => Images * Rows * Columns;

        /// <summary>First output row.</summary>
        public int Top => Side * Row;
    }
}
