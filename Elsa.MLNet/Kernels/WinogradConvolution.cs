using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// A convolution of 3 x 3 weights without strides, or its input gradient, by
/// <see cref="WinogradTransforms{TLanes, TVector}"/>: source tiles are transformed, 36 products of matrices
/// (tile, source channel) and (source channel, target channel) take the place of 144, and the results are transformed
/// back. A plan serves any number of calls at once. The error's 2-norm is under 2e-6 of the result's, at any scale of
/// source and weights.
/// </summary>
internal sealed unsafe class WinogradConvolution<TLanes, TVector> : ConvolutionPlan
    where TLanes : ILanes<TVector>
    where TVector : unmanaged
{
    private const int Elements = WinogradTransforms<TLanes, TVector>.Elements;

    private const int Side = WinogradTransforms<TLanes, TVector>.Outputs;

    private const int Taps = 9;

    private readonly bool _isGradient;
    private readonly int _sourceChannels;
    private readonly int _targetChannels;
    private readonly int _targetStride;
    private readonly WinogradTiles _tiles;
    private readonly WinogradPlanes<TLanes, TVector> _planes;
    private readonly int _productStride;

    public WinogradConvolution(ConvolutionShape shape, InstructionSet set, bool isGradient) : base(shape, set)
    {
        _isGradient = isGradient;
        (_sourceChannels, _targetChannels) = isGradient
            ? (shape.OutputChannels, shape.InputChannels)
            : (shape.InputChannels, shape.OutputChannels);
        var (rows, columns) = (shape.Rows, shape.Columns);
        int sourceStride = WinogradPlanes<TLanes, TVector>.Round(_sourceChannels);
        _targetStride = WinogradPlanes<TLanes, TVector>.Round(_targetChannels);
        var (height, width) = isGradient ? (rows.Input, columns.Input) : (rows.Output, columns.Output);
        var (sourceHeight, sourceWidth) = isGradient ? (rows.Output, columns.Output) : (rows.Input, columns.Input);
        _tiles = new WinogradTiles(shape.Images, height, width, Elements * (sourceStride + _targetStride));
        _planes = new WinogradPlanes<TLanes, TVector>(
            _tiles, _sourceChannels, sourceHeight, sourceWidth, isGradient ? 2 - rows.Pad : rows.Pad,
            isGradient ? 2 - columns.Pad : columns.Pad, false);
        _productStride = CacheLines.Odd(_planes.ElementStride / _planes.TileStride * _targetStride);
    }

    public override long WeightsLength => (long)Elements * _sourceChannels * _targetStride;

    public override int WeightParts => _sourceChannels;

    public override int Parts => _tiles.Chunks;

    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void PackWeights(int part, float* weights, float* packed)
    {
        TVector* gathered = stackalloc TVector[Taps];
        float* values = (float*)gathered;
        weights += (long)part * (_isGradient ? _targetChannels * Taps : Taps);
        int step = _isGradient ? Taps : _sourceChannels * Taps;
        nint stride = (nint)_sourceChannels * _targetStride;
        packed += (long)part * _targetStride;
        for (int target = 0; target < _targetStride; target += TLanes.Count)
        {
            int lanes = Math.Clamp(_targetChannels - target, 0, TLanes.Count);
            new Span<float>(values, Taps * TLanes.Count).Clear();
            for (int lane = 0; lane < lanes; lane++)
            {
                float* from = weights + (long)(target + lane) * step;
                for (int tap = 0; tap < Taps; tap++)
                    values[tap * TLanes.Count + lane] = from[_isGradient ? Taps - 1 - tap : tap];
            }
            WinogradTransforms<TLanes, TVector>.Kernel(gathered, packed + target, stride);
        }
    }

    public override void Compute(
        int part, float* source, float* packedWeights, in Epilogue epilogue, float* addend, float* target)
    {
        var chunk = _tiles[part];
        using var transformed = new Scratch(_planes.Length);
        using var products = new Scratch((long)Elements * _productStride);
        _planes.Transform(chunk, source, transformed.Data);
        int rows = (chunk.Tiles + MatrixProducts<TLanes, TVector>.Rows - 1) / MatrixProducts<TLanes, TVector>.Rows
            * MatrixProducts<TLanes, TVector>.Rows;
        for (int element = 0; element < Elements; element++)
        {
            MatrixProducts<TLanes, TVector>.Compute(
                transformed.Data + (long)element * _planes.ElementStride, _planes.TileStride, 1,
                packedWeights + (long)element * _sourceChannels * _targetStride, _targetStride, _sourceChannels, rows,
                _targetStride, products.Data + (long)element * _productStride, _targetStride, false);
        }
        WriteBack(chunk, products.Data, epilogue, addend, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteBack(
        WinogradTiles.Chunk chunk, float* products, in Epilogue epilogue, float* addend, float* target)
    {
        int pitch = Side * chunk.Columns * TLanes.Count;
        long plane = (long)_tiles.Height * _tiles.Width;
        int band = Side * _tiles.Width;
        using var lines = new Scratch(Side * pitch);
        using var sums = new Scratch((long)TLanes.Count * band);
        for (int channel = 0; channel < _targetChannels; channel += TLanes.Count)
        {
            int lanes = Math.Min(_targetChannels - channel, TLanes.Count);
            float* from = products + channel;
            for (int image = chunk.Image; image < chunk.Image + chunk.Images; image++)
            {
                for (int top = chunk.Top; top < chunk.Top + Side * chunk.Rows; top += Side)
                {
                    for (int column = 0; column < chunk.Columns; column++, from += _targetStride)
                    {
                        WinogradTransforms<TLanes, TVector>.Output(
                            from, _productStride, lines.Data + column * Side * TLanes.Count, pitch);
                    }
                    int rows = Math.Min(Side, _tiles.Height - top);
                    for (int row = 0; row < rows; row++)
                    {
                        Transposition.Copy(
                            lines.Data + row * pitch, TLanes.Count, _tiles.Width, lanes,
                            sums.Data + row * _tiles.Width, band);
                    }
                    long at = ((long)image * _targetChannels + channel) * plane + (long)top * _tiles.Width;
                    epilogue.FinishRows(
                        sums.Data, band, channel, lanes, addend is null ? null : addend + at, target + at, plane,
                        rows * _tiles.Width);
                }
            }
        }
    }
}
