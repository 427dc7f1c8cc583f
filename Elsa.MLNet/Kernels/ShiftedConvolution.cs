using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// A convolution or its input gradient as sums of shifted lines of <see cref="PackedPlanes"/>. The input gradient of a
/// strided convolution is one such sum per phase of the input. A plan holds what depends on the sizes only and serves
/// any number of calls at once.
/// </summary>
internal sealed unsafe class ShiftedConvolution : ConvolutionPlan
{
    /// <summary>Positions that make a stack long enough to fill the kernel's tiles.</summary>
    private const int StackPositions = 256;

    private readonly bool _isGradient;
    private readonly PackedPlanes _planes;
    private readonly Phase[] _phases;
    private readonly int _stack;
    private readonly int _sourceChannels;
    private readonly int _rows;
    private readonly int _paddedRows;
    private readonly int _sourcePlane;
    private readonly int _targetPlane;

    public ShiftedConvolution(ConvolutionShape shape, InstructionSet set, bool isGradient) : base(shape, set)
    {
        _isGradient = isGradient;
        (_sourceChannels, _rows) = isGradient
            ? (shape.OutputChannelsPerGroup, shape.InputChannelsPerGroup)
            : (shape.InputChannelsPerGroup, shape.OutputChannelsPerGroup);
        (_sourcePlane, _targetPlane) = isGradient
            ? (shape.OutputPlane, shape.InputPlane)
            : (shape.InputPlane, shape.OutputPlane);
        int height = ShiftedSums.Rows(set);
        _paddedRows = (_rows + height - 1) / height * height;
        var (rows, columns) = isGradient
            ? (GradientAxis(shape.Rows), GradientAxis(shape.Columns))
            : (shape.Rows.Packed(), shape.Columns.Packed());
        _stack = Math.Clamp(StackPositions / (rows.Pitch * columns.Pitch), 1, Math.Max(shape.Images, 1));
        _planes = new PackedPlanes(rows, columns, _stack);
        _phases = isGradient ? GradientPhases(rows.Pad, columns.Pad) : [ForwardPhase()];
        WeightsLength = (long)shape.Groups * _phases.Sum(phase => (long)phase.Offsets.Length) * _paddedRows;
    }

    public override long WeightsLength { get; }

    public override int WeightParts => 1;

    public override int Parts => (Shape.Images + _stack - 1) / _stack * Shape.Groups;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void PackWeights(int part, float* weights, float* packed)
    {
        int height = ShiftedSums.Rows(Set);
        for (int group = 0; group < Shape.Groups; group++)
        {
            foreach (var phase in _phases)
            {
                int depth = phase.Offsets.Length;
                for (int row = 0; row < _paddedRows; row++)
                {
                    float* to = packed + (long)row / height * height * depth + row % height;
                    for (int channel = 0; channel < _sourceChannels; channel++)
                    {
                        float* from = weights + WeightIndex(group, row, channel) * Shape.Taps;
                        foreach (int tap in phase.Taps)
                        {
                            *to = row < _rows ? from[tap] : 0;
                            to += height;
                        }
                    }
                }
                packed += (long)depth * _paddedRows;
            }
        }
    }

    public override void Compute(
        int part, float* source, float* packedWeights, in Epilogue epilogue, float* addend, float* target)
    {
        int group = part % Shape.Groups;
        int first = part / Shape.Groups * _stack;
        int images = Math.Min(_stack, Shape.Images - first);
        int positions = images * _planes.ImageSize;
        long sourceImage = (long)Shape.Groups * _sourceChannels * _sourcePlane;
        long targetImage = (long)Shape.Groups * _rows * _targetPlane;
        source += first * sourceImage + (long)group * _sourceChannels * _sourcePlane;
        long output = first * targetImage + (long)group * _rows * _targetPlane;
        target += output;
        addend = addend is null ? null : addend + output;
        int lanes = ShiftedSums.Lanes(Set);
        int line = (positions + lanes - 1) / lanes * lanes;

        using var lines = new Scratch((long)_sourceChannels * _planes.ChannelSize);
        using var sums = new Scratch((long)_paddedRows * line);
        using var start = new Scratch(_paddedRows);
        // Without a scale the sums start at the shift, as those of ONNX Runtime do.
        var finish = epilogue;
        float* shift = epilogue.Scale is null ? epilogue.Shift : null;
        if (shift is not null)
            finish.Shift = null;
        for (int row = 0; row < _paddedRows; row++)
            start.Data[row] = shift is not null && row < _rows ? shift[group * _rows + row] : 0;
        for (int channel = 0; channel < _sourceChannels; channel++)
        {
            _planes.Pack(
                source + (long)channel * _sourcePlane, sourceImage, images,
                lines.Data + (long)channel * _planes.ChannelSize);
        }
        packedWeights += WeightsLength / Shape.Groups * group;
        foreach (var phase in _phases)
        {
            ShiftedSums.Compute(
                Set, phase.Offsets, lines.Data, packedWeights, start.Data, _paddedRows, sums.Data,
                positions - _planes.ImageSize + phase.Extent(_planes.Pitch), line);
            if (_isGradient)
                phase.Scatter(sums.Data, line, _planes, images, _rows, target, targetImage, Shape);
            else
                Finish(sums.Data, line, images, finish, group * _rows, addend, target, targetImage);
            packedWeights += (long)phase.Offsets.Length * _paddedRows;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish(
        float* sums, int line, int images, in Epilogue epilogue, int firstRow, float* addend, float* target,
        long imageStride)
    {
        int width = Shape.Columns.Output;
        for (int image = 0; image < images; image++)
        {
            for (int y = 0; y < Shape.Rows.Output; y++)
            {
                long at = image * imageStride + (long)y * width;
                epilogue.FinishRows(
                    sums + image * _planes.ImageSize + y * _planes.Pitch, line, firstRow, _rows,
                    addend is null ? null : addend + at, target + at, _targetPlane, width);
            }
        }
    }

    private long WeightIndex(int group, int row, int channel) => _isGradient
        ? ((long)group * _sourceChannels + channel) * _rows + row
        : ((long)group * _rows + row) * _sourceChannels + channel;

    private static PackedPlanes.Axis GradientAxis(ConvolutionAxis axis)
    {
        var shifts = Enumerable.Range(0, axis.Stride).SelectMany(axis.Reaching).Select(tap => tap.Shift).ToArray();
        int lead = Math.Max(0, -shifts.Min());
        return new PackedPlanes.Axis(
            axis.Output, lead, 1, axis.PositionsOf(0), shifts.Select(shift => (0, Math.Max(0, shift + lead))));
    }

    private Phase ForwardPhase()
    {
        var taps =
            from row in Enumerable.Range(0, Shape.Rows.Kernel)
            from column in Enumerable.Range(0, Shape.Columns.Kernel)
            let y = Shape.Rows.Tap(row)
            let x = Shape.Columns.Tap(column)
            select (row * Shape.Columns.Kernel + column, _planes.Offset(y.Phase, y.Shift, x.Phase, x.Shift));
        return CreatePhase([.. taps], 0, 0, Shape.Rows.Output, Shape.Columns.Output);
    }

    private Phase[] GradientPhases(int rowLead, int columnLead) =>
    [
        .. from a in Enumerable.Range(0, Math.Min(Shape.Rows.Stride, Shape.Rows.Input))
           from b in Enumerable.Range(0, Math.Min(Shape.Columns.Stride, Shape.Columns.Input))
           let taps =
               from y in Shape.Rows.Reaching(a)
               from x in Shape.Columns.Reaching(b)
               select (y.Tap * Shape.Columns.Kernel + x.Tap,
                   _planes.Offset(0, y.Shift + rowLead, 0, x.Shift + columnLead))
           select CreatePhase([.. taps], a, b, Shape.Rows.PositionsOf(a), Shape.Columns.PositionsOf(b)),
    ];

    private Phase CreatePhase((int Tap, int Offset)[] taps, int row, int column, int height, int width) => new(
        [.. taps.Select(tap => tap.Tap)],
        [
            .. from channel in Enumerable.Range(0, _sourceChannels)
               from tap in taps
               select (nint)channel * _planes.ChannelSize + tap.Offset,
        ],
        row, column, height, width);

    /// <summary>Target positions that the same taps reach: all of a forward convolution.</summary>
    private sealed record Phase(int[] Taps, nint[] Offsets, int Row, int Column, int Height, int Width)
    {
        /// <summary>Positions of an image up to the last one needed.</summary>
        public int Extent(int pitch) => (Height - 1) * pitch + Width;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Scatter(
            float* sums, int line, PackedPlanes planes, int images, int rows, float* target, long imageStride,
            ConvolutionShape shape)
        {
            int width = shape.Columns.Input;
            for (int image = 0; image < images; image++)
            {
                for (int row = 0; row < rows; row++)
                {
                    float* from = sums + (long)row * line + image * planes.ImageSize;
                    float* to = target + image * imageStride + (long)row * shape.InputPlane + Row * width + Column;
                    for (int y = 0; y < Height; y++)
                    {
                        Rows.Scatter(
                            from + y * planes.Pitch, to + (long)y * shape.Rows.Stride * width, shape.Columns.Stride, Width);
                    }
                }
            }
        }
    }
}
