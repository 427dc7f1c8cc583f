using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// The gradient of a convolution with respect to its weights, dw[m, c, k] = sum over images and positions p of
/// dy[m, p] * x[c, p shifted by k], over <see cref="PackedPlanes"/>. The sums are divided and added up in an order that
/// depends on the sizes only, so that every number of threads gives the same bits.
/// </summary>
internal sealed unsafe class ShiftedWeightGradient : WeightGradientPlan
{
    /// <summary>Positions that a part works on at a time: 8 lines and a shifted one fit into the first-level
    /// cache.</summary>
    private const int StackPositions = 1104;

    /// <summary>Floats of the lines of a stack: within the second-level cache.</summary>
    private const int StackFloats = 160 << 10;

    /// <summary>Floats that all partial sums together may take.</summary>
    private const int PartialFloats = 4 << 20;

    private const int MaximumParts = 16;

    private readonly PackedPlanes _input;
    private readonly PackedPlanes _gradient;
    private readonly nint[] _offsets;
    private readonly int _depth;
    private readonly int _blocks;
    private readonly int _blockSize;
    private readonly int _stack;
    private readonly int _slices;
    private readonly int _blockRanges;

    public ShiftedWeightGradient(ConvolutionShape shape, InstructionSet set) : base(shape, set)
    {
        int height = ShiftedSums.Rows(set);
        var (rows, columns) = (shape.Rows.Packed(), shape.Columns.Packed());
        int channels = shape.InputChannelsPerGroup + shape.OutputChannelsPerGroup;
        long imageFloats = (long)rows.Pitch * columns.Pitch * channels * shape.Rows.Stride * shape.Columns.Stride;
        _stack = (int)Math.Clamp(
            Math.Min(StackFloats / imageFloats, StackPositions / (rows.Pitch * columns.Pitch)), 1,
            Math.Max(shape.Images, 1));
        _input = new PackedPlanes(rows, columns, _stack);
        _gradient = new PackedPlanes(shape.Rows.PackedOutput(rows), shape.Columns.PackedOutput(columns), _stack);
        _depth = shape.InputChannelsPerGroup * shape.Taps;
        _offsets = Offsets();
        _blocks = (shape.OutputChannelsPerGroup + height - 1) / height;
        _blockSize = _offsets.Length * height;
        long groupFloats = (long)_blocks * _blockSize * shape.Groups;
        int stacks = (shape.Images + _stack - 1) / _stack;
        _slices = (int)Math.Clamp(PartialFloats / groupFloats, 1, Math.Clamp(stacks, 1, MaximumParts));
        _blockRanges = Math.Clamp(MaximumParts / _slices / shape.Groups, 1, _blocks);
        PartialLength = groupFloats * _slices;
    }

    public override long PartialLength { get; }

    public override int Parts => _slices * Shape.Groups * _blockRanges;

    public override int ReduceParts => Shape.Groups * _blocks;

    public override void Accumulate(int part, float* x, float* dy, float* partials)
    {
        int range = part % _blockRanges;
        int group = part / _blockRanges % Shape.Groups;
        int slice = part / _blockRanges / Shape.Groups;
        int firstBlock = _blocks * range / _blockRanges, lastBlock = _blocks * (range + 1) / _blockRanges;
        int height = ShiftedSums.Rows(Set);
        int firstRow = firstBlock * height;
        int rows = Math.Min(lastBlock * height, Shape.OutputChannelsPerGroup) - firstRow;
        float* sums = partials + ((long)(slice * Shape.Groups + group) * _blocks + firstBlock) * _blockSize;
        new Span<float>(sums, (lastBlock - firstBlock) * _blockSize).Clear();

        long inputImage = (long)Shape.InputChannels * Shape.InputPlane;
        long outputImage = (long)Shape.OutputChannels * Shape.OutputPlane;
        x += (long)group * Shape.InputChannelsPerGroup * Shape.InputPlane;
        dy += ((long)group * Shape.OutputChannelsPerGroup + firstRow) * Shape.OutputPlane;
        using var input = new Scratch((long)Shape.InputChannelsPerGroup * _input.ChannelSize);
        using var gradient = new Scratch((long)(lastBlock - firstBlock) * height * _gradient.ChannelSize);
        long packed = (long)rows * _gradient.ChannelSize;
        long unused = (long)(lastBlock - firstBlock) * height * _gradient.ChannelSize - packed;
        new Span<float>(gradient.Data + packed, (int)unused).Clear();

        int stacks = (Shape.Images + _stack - 1) / _stack;
        for (int stack = stacks * slice / _slices; stack < stacks * (slice + 1) / _slices; stack++)
        {
            int first = stack * _stack;
            int images = Math.Min(_stack, Shape.Images - first);
            Pack(
                _input, x + first * inputImage, inputImage, Shape.InputPlane, Shape.InputChannelsPerGroup, images,
                input.Data);
            Pack(_gradient, dy + first * outputImage, outputImage, Shape.OutputPlane, rows, images, gradient.Data);
            nint length = (images * _input.ImageSize + 15) / 16 * 16;
            for (int block = 0; block < lastBlock - firstBlock; block++)
            {
                float* lines = gradient.Data + (long)block * height * _gradient.ChannelSize;
                for (nint start = 0; start < length; start += StackPositions)
                {
                    ShiftedProducts.Accumulate(
                        Set, lines + start, _gradient.ChannelSize, input.Data + start, _offsets,
                        Math.Min(StackPositions, length - start), sums + (long)block * _blockSize);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Reduce(int part, float* partials, float* dw)
    {
        int height = ShiftedSums.Rows(Set);
        int group = part / _blocks, block = part % _blocks;
        int rows = Math.Min(height, Shape.OutputChannelsPerGroup - block * height);
        long sliceStride = (long)Shape.Groups * _blocks * _blockSize;
        partials += (long)part * _blockSize;
        dw += ((long)group * Shape.OutputChannelsPerGroup + block * height) * _depth;
        for (int row = 0; row < rows; row++)
        {
            for (int k = 0; k < _depth; k++)
            {
                float* from = partials + (k / ShiftedProducts.Taps * height + row) * ShiftedProducts.Taps
                    + k % ShiftedProducts.Taps;
                float sum = 0;
                for (int slice = 0; slice < _slices; slice++)
                    sum += from[slice * sliceStride];
                dw[(long)row * _depth + k] = sum;
            }
        }
    }

    private static void Pack(
        PackedPlanes planes, float* source, long imageStride, int plane, int channels, int images, float* lines)
    {
        for (int channel = 0; channel < channels; channel++)
        {
            planes.Pack(
                source + (long)channel * plane, imageStride, images, lines + (long)channel * planes.ChannelSize);
        }
    }

    private nint[] Offsets()
    {
        var offsets = (
            from channel in Enumerable.Range(0, Shape.InputChannelsPerGroup)
            from row in Enumerable.Range(0, Shape.Rows.Kernel)
            from column in Enumerable.Range(0, Shape.Columns.Kernel)
            let y = Shape.Rows.Tap(row)
            let x = Shape.Columns.Tap(column)
            select (nint)channel * _input.ChannelSize + _input.Offset(y.Phase, y.Shift, x.Phase, x.Shift)).ToList();
        while (offsets.Count % ShiftedProducts.Taps != 0)
            offsets.Add(offsets[^1]);
        return [.. offsets];
    }
}
