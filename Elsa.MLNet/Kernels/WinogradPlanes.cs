namespace Elsa.MLNet.Kernels;

/// <summary>
/// Transforms the tiles of a chunk: planes [N, C, H, W] become a matrix (tile, channel) per element, the channels
/// rounded up with zeros to whole vectors.
/// </summary>
/// <param name="tiles">The tiles.</param>
/// <param name="channels">C.</param>
/// <param name="height">H.</param>
/// <param name="width">W.</param>
/// <param name="padRows">Zeros above the planes.</param>
/// <param name="padColumns">Zeros left of the planes.</param>
/// <param name="isGradient">Whether tiles are 4 x 4 gradients of outputs, instead of the 6 x 6 inputs of 4 x 4
/// outputs.</param>
internal sealed unsafe class WinogradPlanes<TLanes, TVector>(
    WinogradTiles tiles, int channels, int height, int width, int padRows, int padColumns, bool isGradient)
    where TLanes : ILanes<TVector>
    where TVector : unmanaged
{
    private const int Side = WinogradTransforms<TLanes, TVector>.Outputs;

    /// <summary>From a row of a matrix to the next.</summary>
    public int TileStride { get; } = Round(channels);

    /// <summary>From a matrix to the next.</summary>
    public int ElementStride { get; } = CacheLines.Odd(
        (tiles.ChunkTiles + MatrixProducts<TLanes, TVector>.Rows - 1) / MatrixProducts<TLanes, TVector>.Rows
        * MatrixProducts<TLanes, TVector>.Rows * Round(channels));

    /// <summary>Floats of all matrices.</summary>
    public long Length => (long)WinogradTransforms<TLanes, TVector>.Elements * ElementStride;

    /// <summary>Channels rounded up to whole vectors and whole rows of a product.</summary>
    public static int Round(int channels)
    {
        int unit = Math.Max(TLanes.Count, MatrixProducts<TLanes, TVector>.Rows);
        return (channels + unit - 1) / unit * unit;
    }

    public void Transform(WinogradTiles.Chunk chunk, float* source, float* to)
    {
        int pitch = tiles.ReachedColumns * TLanes.Count;
        long plane = (long)height * width;
        int firstRow = Math.Max(0, padRows - chunk.Top);
        int rows = Math.Min(Side * chunk.Rows + 2, height + padRows - chunk.Top) - firstRow;
        int columns = Math.Min(width, tiles.ReachedColumns - padColumns);
        source += chunk.Image * channels * plane + (long)(chunk.Top + firstRow - padRows) * width;
        using var lines = new Scratch((long)tiles.ReachedRows * pitch);
        float* first = lines.Data + (long)firstRow * pitch + padColumns * TLanes.Count;
        for (int channel = 0; channel < TileStride; channel += TLanes.Count)
        {
            int lanes = Math.Clamp(channels - channel, 0, TLanes.Count);
            new Span<float>(lines.Data, tiles.ReachedRows * pitch).Clear();
            float* at = to + channel;
            for (int image = 0; image < chunk.Images; image++)
            {
                float* planes = source + (image * channels + channel) * plane;
                if (lanes > 0)
                {
                    for (int row = 0; row < rows; row++)
                    {
                        Transposition.Copy(
                            planes + (long)row * width, (nint)plane, lanes, columns, first + (long)row * pitch,
                            TLanes.Count);
                    }
                }
                at = TransformImage(chunk, lines.Data, pitch, at);
            }
        }
    }

    private float* TransformImage(WinogradTiles.Chunk chunk, float* lines, int pitch, float* to)
    {
        for (int row = 0; row < chunk.Rows; row++)
        {
            float* line = lines + (long)row * Side * pitch;
            for (int column = 0; column < chunk.Columns; column++, line += Side * TLanes.Count, to += TileStride)
            {
                if (isGradient)
                    WinogradTransforms<TLanes, TVector>.Gradient(line, pitch, to, ElementStride);
                else
                    WinogradTransforms<TLanes, TVector>.Input(line, pitch, to, ElementStride);
            }
        }
        return to;
    }
}
