using System.Runtime.CompilerServices;

namespace Elsa.MLNet.Kernels;

/// <summary>
/// A convolution or its input gradient as sums of shifted lines of <see cref="PackedPlanes"/>. The input gradient of a
/// strided convolution is one such sum per phase of the input. A plan holds what depends on the sizes only and serves
/// any number of calls at once.
/// </summary>
internal sealed unsafe class ShiftedConvolution
{
    /// <summary>Positions that make a stack long enough to fill the kernel's tiles.</summary>
    private const int StackPositions = 256;

    private readonly ConvolutionShape _shape;
    private readonly InstructionSet _set;
    private readonly bool _isGradient;
    private readonly PackedPlanes _planes;
    private readonly Phase[] _phases;
    private readonly int _stack;
    private readonly int _sourceChannels;
    private readonly int _rows;
    private readonly int _paddedRows;
    private readonly int _sourcePlane;
    private readonly int _targetPlane;

    private ShiftedConvolution(ConvolutionShape shape, InstructionSet set, bool isGradient)
    {
        (_shape, _set, _isGradient) = (shape, set, isGradient);
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

    /// <summary>Floats of the packed weights.</summary>
    public long WeightsLength { get; }

    /// <summary>Independent parts of a call.</summary>
    public int Parts => (_shape.Images + _stack - 1) / _stack * _shape.Groups;

    /// <summary>Plan of y = x * w.</summary>
    public static ShiftedConvolution Forward(ConvolutionShape shape, InstructionSet set) => new(shape, set, false);

    /// <summary>Plan of the gradient with respect to x, from dy and w.</summary>
    public static ShiftedConvolution InputGradient(ConvolutionShape shape, InstructionSet set) => new(shape, set, true);

    /// <summary>Whether the plan is for these sizes and instructions.</summary>
    public bool Fits(ConvolutionShape shape, InstructionSet set) => _set == set && _shape == shape;

    /// <summary>Brings weights [M, C / groups, kernel] into the order in which the kernel reads them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void PackWeights(float* weights, float* packed)
    {
        int height = ShiftedSums.Rows(_set);
        for (int group = 0; group < _shape.Groups; group++)
        {
            foreach (var phase in _phases)
            {
                int depth = phase.Offsets.Length;
                for (int row = 0; row < _paddedRows; row++)
                {
                    float* to = packed + (long)row / height * height * depth + row % height;
                    for (int channel = 0; channel < _sourceChannels; channel++)
                    {
                        float* from = weights + WeightIndex(group, row, channel) * _shape.Taps;
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

    /// <summary>Computes one part.</summary>
    /// <param name="part">Number of the part.</param>
    /// <param name="source">x, or dy.</param>
    /// <param name="packedWeights">From <see cref="PackWeights"/>.</param>
    /// <param name="bias">A value per output channel, or null.</param>
    /// <param name="target">y, or dx.</param>
    public void Compute(int part, float* source, float* packedWeights, float* bias, float* target)
    {
        int group = part % _shape.Groups;
        int first = part / _shape.Groups * _stack;
        int images = Math.Min(_stack, _shape.Images - first);
        int positions = images * _planes.ImageSize;
        long sourceImage = (long)_shape.Groups * _sourceChannels * _sourcePlane;
        long targetImage = (long)_shape.Groups * _rows * _targetPlane;
        source += first * sourceImage + (long)group * _sourceChannels * _sourcePlane;
        target += first * targetImage + (long)group * _rows * _targetPlane;
        int lanes = ShiftedSums.Lanes(_set);
        int line = (positions + lanes - 1) / lanes * lanes;

        using var lines = new Scratch((long)_sourceChannels * _planes.ChannelSize);
        using var sums = new Scratch((long)_paddedRows * line);
        using var start = new Scratch(_paddedRows);
        for (int row = 0; row < _paddedRows; row++)
            start.Data[row] = bias is not null && row < _rows ? bias[group * _rows + row] : 0;
        for (int channel = 0; channel < _sourceChannels; channel++)
        {
            _planes.Pack(
                source + (long)channel * _sourcePlane, sourceImage, images,
                lines.Data + (long)channel * _planes.ChannelSize);
        }
        packedWeights += WeightsLength / _shape.Groups * group;
        foreach (var phase in _phases)
        {
            ShiftedSums.Compute(
                _set, phase.Offsets, lines.Data, packedWeights, start.Data, _paddedRows, sums.Data,
                positions - _planes.ImageSize + phase.Extent(_planes.Pitch), line);
            phase.Write(sums.Data, line, _planes, images, _rows, target, targetImage, _targetPlane, _shape, _isGradient);
            packedWeights += (long)phase.Offsets.Length * _paddedRows;
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
            from row in Enumerable.Range(0, _shape.Rows.Kernel)
            from column in Enumerable.Range(0, _shape.Columns.Kernel)
            let y = _shape.Rows.Tap(row)
            let x = _shape.Columns.Tap(column)
            select (row * _shape.Columns.Kernel + column, _planes.Offset(y.Phase, y.Shift, x.Phase, x.Shift));
        return CreatePhase([.. taps], 0, 0, _shape.Rows.Output, _shape.Columns.Output);
    }

    private Phase[] GradientPhases(int rowLead, int columnLead) =>
    [
        .. from a in Enumerable.Range(0, Math.Min(_shape.Rows.Stride, _shape.Rows.Input))
           from b in Enumerable.Range(0, Math.Min(_shape.Columns.Stride, _shape.Columns.Input))
           let taps =
               from y in _shape.Rows.Reaching(a)
               from x in _shape.Columns.Reaching(b)
               select (y.Tap * _shape.Columns.Kernel + x.Tap,
                   _planes.Offset(0, y.Shift + rowLead, 0, x.Shift + columnLead))
           select CreatePhase([.. taps], a, b, _shape.Rows.PositionsOf(a), _shape.Columns.PositionsOf(b)),
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
        public void Write(
            float* sums, int line, PackedPlanes planes, int images, int rows, float* target, long imageStride,
            int plane, ConvolutionShape shape, bool isGradient)
        {
            var (strideY, strideX, width) = isGradient
                ? (shape.Rows.Stride, shape.Columns.Stride, shape.Columns.Input)
                : (1, 1, shape.Columns.Output);
            for (int image = 0; image < images; image++)
            {
                for (int row = 0; row < rows; row++)
                {
                    float* from = sums + (long)row * line + image * planes.ImageSize;
                    float* to = target + image * imageStride + (long)row * plane + Row * width + Column;
                    for (int y = 0; y < Height; y++)
                        Rows.Scatter(from + y * planes.Pitch, to + (long)y * strideY * width, strideX, Width);
                }
            }
        }
    }
}
