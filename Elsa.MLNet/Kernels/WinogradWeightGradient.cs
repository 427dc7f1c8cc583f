using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// The weight gradient of a convolution of 3 x 3 weights without strides by the adjoint of
/// <see cref="WinogradConvolution{TLanes, TVector}"/>: per element a product of matrices (input channel, tile) and
/// (tile, output channel), added up over the chunks of a slice.
/// </summary>
internal sealed unsafe class WinogradWeightGradient<TLanes, TVector> : WeightGradientPlan
    where TLanes : ILanes<TVector>
    where TVector : unmanaged
{
    private const int Elements = WinogradTransforms<TLanes, TVector>.Elements;

    private const int Taps = 9;

    /// <summary>Floats that all partial sums together take, unless that leaves too few slices.</summary>
    private const int PartialFloats = 5 << 18;

    private const int MinimumSlices = 4;

    private const int MaximumSlices = 16;

    private readonly WinogradTiles _tiles;
    private readonly WinogradPlanes<TLanes, TVector> _inputs;
    private readonly WinogradPlanes<TLanes, TVector> _gradients;
    private readonly int _elementSize;
    private readonly int _slices;

    public WinogradWeightGradient(ConvolutionShape shape, InstructionSet set) : base(shape, set)
    {
        int inputStride = WinogradPlanes<TLanes, TVector>.Round(shape.InputChannels);
        int outputStride = WinogradPlanes<TLanes, TVector>.Round(shape.OutputChannels);
        var (rows, columns) = (shape.Rows, shape.Columns);
        _tiles = new WinogradTiles(
            shape.Images, rows.Output, columns.Output, Elements * (inputStride + outputStride));
        _inputs = new WinogradPlanes<TLanes, TVector>(
            _tiles, shape.InputChannels, rows.Input, columns.Input, rows.Pad, columns.Pad, false);
        _gradients = new WinogradPlanes<TLanes, TVector>(
            _tiles, shape.OutputChannels, rows.Output, columns.Output, 0, 0, true);
        _elementSize = inputStride * outputStride;
        int wanted = Math.Clamp(PartialFloats / (Elements * _elementSize), MinimumSlices, MaximumSlices);
        _slices = Math.Clamp(wanted, 1, Math.Max(_tiles.Chunks, 1));
    }

    public override long PartialLength => (long)_slices * Elements * _elementSize;

    public override int Parts => _slices;

    public override int ReduceParts => Shape.InputChannels;

    public override void Accumulate(int part, float* x, float* dy, float* partials)
    {
        partials += (long)part * Elements * _elementSize;
        using var inputs = new Scratch(_inputs.Length);
        using var gradients = new Scratch(_gradients.Length);
        int first = _tiles.Chunks * part / _slices, end = _tiles.Chunks * (part + 1) / _slices;
        if (first == end)
            new Span<float>(partials, Elements * _elementSize).Clear();
        for (int index = first; index < end; index++)
        {
            var chunk = _tiles[index];
            _inputs.Transform(chunk, x, inputs.Data);
            _gradients.Transform(chunk, dy, gradients.Data);
            for (int element = 0; element < Elements; element++)
            {
                MatrixProducts<TLanes, TVector>.Compute(
                    inputs.Data + (long)element * _inputs.ElementStride, 1, _inputs.TileStride,
                    gradients.Data + (long)element * _gradients.ElementStride, _gradients.TileStride, chunk.Tiles,
                    _inputs.TileStride, _gradients.TileStride, partials + (long)element * _elementSize,
                    _gradients.TileStride, index > first);
            }
        }
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Reduce(int part, float* partials, float* dw)
    {
        TVector* sums = stackalloc TVector[Elements];
        TVector* weights = stackalloc TVector[Taps];
        float* values = (float*)weights;
        for (int output = 0; output < Shape.OutputChannels; output += TLanes.Count)
        {
            float* from = partials + (long)part * _gradients.TileStride + output;
            for (int element = 0; element < Elements; element++, from += _elementSize)
            {
                var sum = TLanes.Load(from);
                for (int slice = 1; slice < _slices; slice++)
                    sum = TLanes.Add(sum, TLanes.Load(from + (long)slice * Elements * _elementSize));
                sums[element] = sum;
            }
            WinogradTransforms<TLanes, TVector>.KernelGradient(sums, weights);
            int lanes = Math.Min(Shape.OutputChannels - output, TLanes.Count);
            for (int lane = 0; lane < lanes; lane++)
            {
                float* to = dw + ((long)(output + lane) * Shape.InputChannels + part) * Taps;
                for (int tap = 0; tap < Taps; tap++)
                    to[tap] = values[tap * TLanes.Count + lane];
            }
        }
    }
}
