namespace Elsa.MLNet.Kernels;

/// <summary>
/// A convolution of 3 x 3 weights without strides, or its input gradient, by <see cref="WinogradTransforms"/>: source
/// tiles are transformed, 16 matrix products over the channels take the place of 36, and the results are transformed
/// back. A plan serves any number of calls at once.
/// </summary>
internal sealed unsafe class WinogradConvolution : ConvolutionPlan
{
    private const int Elements = WinogradTransforms.Elements;

    /// <summary>Floats of the transformed tiles of a stack: half of the second-level cache.</summary>
    private const int StackFloats = 128 << 10;

    /// <summary>Fewest channels on both sides for which the transforms pay.</summary>
    private const int FewestChannels = 32;

    private readonly bool _isGradient;
    private readonly int _sourceChannels;
    private readonly int _targetChannels;
    private readonly int _paddedTargets;
    private readonly (int Source, int Target) _height;
    private readonly (int Source, int Target) _width;
    private readonly int _stack;
    private readonly int _line;
    private readonly int _tileStride;
    private readonly int _elementStride;
    private readonly PackedPlanes _planes;
    private readonly int[] _tileOffsets;
    private readonly nint[] _channelOffsets;

    public WinogradConvolution(ConvolutionShape shape, InstructionSet set, bool isGradient) : base(shape, set)
    {
        _isGradient = isGradient;
        _sourceChannels = isGradient ? shape.OutputChannels : shape.InputChannels;
        _targetChannels = isGradient ? shape.InputChannels : shape.OutputChannels;
        int block = ShiftedSums.Rows(set), lanes = ShiftedSums.Lanes(set);
        _paddedTargets = (_targetChannels + block - 1) / block * block;
        _height = Sizes(shape.Rows);
        _width = Sizes(shape.Columns);
        var (rows, columns) = (Axis(_height, shape.Rows.Pad), Axis(_width, shape.Columns.Pad));
        int positions = rows.Pitch * columns.Pitch;
        _stack = Math.Clamp(StackFloats / Elements / _sourceChannels / positions, 1, Math.Max(shape.Images, 1));
        _planes = new PackedPlanes(rows, columns, _stack);
        _line = (_stack * positions + lanes - 1) / lanes * lanes;
        _tileStride = CacheLines.Odd(_sourceChannels * _line);
        _elementStride = CacheLines.Odd(block * _line);
        _tileOffsets =
        [
            .. from i in Enumerable.Range(0, 4)
               from j in Enumerable.Range(0, 4)
               select _planes.Offset(i % 2, i / 2, j % 2, j / 2),
        ];
        _channelOffsets = [.. Enumerable.Range(0, _sourceChannels).Select(channel => (nint)channel * _line)];
    }

    public override long WeightsLength => (long)Elements * _sourceChannels * _paddedTargets;

    public override int Parts => (Shape.Images + _stack - 1) / _stack;

    /// <summary>Whether the algorithm can compute the convolution, and pays.</summary>
    public static bool Pays(ConvolutionShape shape) =>
        shape.Groups == 1 && Fits(shape.Rows) && Fits(shape.Columns)
        && shape.InputChannels >= FewestChannels && shape.OutputChannels >= FewestChannels;

    public override void PackWeights(float* weights, float* packed)
    {
        int block = ShiftedSums.Rows(Set);
        float* transformed = stackalloc float[Elements];
        new Span<float>(packed, checked((int)WeightsLength)).Clear();
        for (int target = 0; target < _targetChannels; target++)
        {
            for (int source = 0; source < _sourceChannels; source++)
            {
                if (_isGradient)
                {
                    WinogradTransforms.Kernel(
                        weights + ((long)source * _targetChannels + target) * 9 + 8, -1, transformed);
                }
                else
                {
                    WinogradTransforms.Kernel(
                        weights + ((long)target * _sourceChannels + source) * 9, 1, transformed);
                }
                float* to = packed + (long)(target / block * block) * Elements * _sourceChannels
                    + (long)source * block + target % block;
                for (int element = 0; element < Elements; element++, to += (long)_sourceChannels * block)
                    *to = transformed[element];
            }
        }
    }

    public override void Compute(int part, float* source, float* packedWeights, float* bias, float* target)
    {
        int first = part * _stack;
        int images = Math.Min(_stack, Shape.Images - first);
        int block = ShiftedSums.Rows(Set);
        long sourcePlane = (long)_height.Source * _width.Source, targetPlane = (long)_height.Target * _width.Target;
        source += first * _sourceChannels * sourcePlane;
        target += first * _targetChannels * targetPlane;
        using var lines = new Scratch(_planes.ChannelSize);
        using var tiles = new Scratch((long)Elements * _tileStride);
        using var products = new Scratch((long)Elements * _elementStride);
        using var outputs = new Scratch(4L * _line);
        float* zeros = stackalloc float[block];
        new Span<float>(zeros, block).Clear();
        for (int channel = 0; channel < _sourceChannels; channel++)
        {
            _planes.Pack(source + channel * sourcePlane, _sourceChannels * sourcePlane, images, lines.Data);
            WinogradTransforms.Input(
                Set, lines.Data, _tileOffsets, tiles.Data + (long)channel * _line, _tileStride, _line);
        }
        for (int firstTarget = 0; firstTarget < _paddedTargets; firstTarget += block)
        {
            for (int element = 0; element < Elements; element++)
            {
                ShiftedSums.Compute(
                    Set, _channelOffsets, tiles.Data + (long)element * _tileStride, packedWeights, zeros, block,
                    products.Data + (long)element * _elementStride, _line, _line);
                packedWeights += (long)_sourceChannels * block;
            }
            for (int row = 0; row < Math.Min(block, _targetChannels - firstTarget); row++)
            {
                int channel = firstTarget + row;
                WinogradTransforms.Output(
                    Set, products.Data + (long)row * _line, _elementStride, bias is null ? 0 : bias[channel],
                    outputs.Data, _line);
                Write(outputs.Data, images, target + channel * targetPlane, _targetChannels * targetPlane);
            }
        }
    }

    private void Write(float* outputs, int images, float* plane, long imageStride)
    {
        for (int image = 0; image < images; image++, plane += imageStride)
        {
            for (int y = 0; y < _height.Target; y++)
            {
                float* from = outputs + y % 2 * 2L * _line + image * _planes.ImageSize + y / 2 * _planes.Pitch;
                Rows.Interleave(from, from + _line, plane + (long)y * _width.Target, _width.Target);
            }
        }
    }

    private (int Source, int Target) Sizes(ConvolutionAxis axis) =>
        _isGradient ? (axis.Output, axis.Input) : (axis.Input, axis.Output);

    private PackedPlanes.Axis Axis((int Source, int Target) size, int pad) => new(
        size.Source, _isGradient ? 2 - pad : pad, 2, (size.Target + 1) / 2, [(0, 0), (1, 0), (0, 1), (1, 1)]);

    private static bool Fits(ConvolutionAxis axis) => axis is { Kernel: 3, Stride: 1, Dilation: 1, Pad: <= 2 };
}
