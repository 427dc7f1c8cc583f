using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// Attributes of DenseConv, SparseConv and MaxPool: <c>kernel_shape</c> (required, 1 or 2 values), <c>strides</c>,
/// <c>dilations</c> (1), <c>pads</c> (0), <c>auto_pad</c>: 0 uses the pads, 1 is SAME_UPPER, 2 SAME_LOWER, 3 VALID, and
/// <c>ceil_mode</c> (0): whether a last window that reaches behind the padded input counts, if it starts in front of the
/// padding behind.
/// </summary>
internal sealed class ScoringWindowAttributes
{
    private const int SameUpper = 1;
    private const int SameLower = 2;
    private const int Valid = 3;

    private readonly long[] _kernel;
    private readonly long[] _strides;
    private readonly long[] _dilations;
    private readonly long[] _pads;
    private readonly long _automatic;
    private readonly bool _roundsUp;

    /// <param name="attributes">Attributes of the node.</param>
    /// <param name="prefix">What stands before each name.</param>
    public ScoringWindowAttributes(OperatorAttributes attributes, string prefix = "")
    {
        _kernel = attributes.Integers(prefix + "kernel_shape") ?? [];
        if (_kernel.Length is not (1 or 2))
        {
            throw new ArgumentException(
                $"Attribute '{prefix}kernel_shape' is {OperatorShapes.Text(_kernel)}; it must have 1 value for lines or 2 for images.");
        }
        _strides = Read(attributes, prefix + "strides", _kernel.Length, 1);
        _dilations = Read(attributes, prefix + "dilations", _kernel.Length, 1);
        _pads = Read(attributes, prefix + "pads", 2 * _kernel.Length, 0);
        _automatic = attributes.Integer(prefix + "auto_pad", 0);
        if (_automatic is < 0 or > Valid)
            throw new ArgumentException($"Attribute '{prefix}auto_pad' is {_automatic}; it must be 0 to {Valid}.");
        _roundsUp = attributes.Flag(prefix + "ceil_mode");
    }

    /// <summary>Taps of a window.</summary>
    public int Taps => checked((int)_kernel.Aggregate(1L, (product, size) => product * size));

    /// <summary>The sizes of a convolution of an input; a line is an image of one row.</summary>
    /// <exception cref="ArgumentException">The input does not fit.</exception>
    public ConvolutionShape Shape(ReadOnlySpan<long> input, int outputs, int columns, int groups)
    {
        long channels = (long)columns / Taps * groups;
        if (input.Length != _kernel.Length + 2 || input[1] != channels)
        {
            throw new ArgumentException(
                $"Input 'x' has shape {OperatorShapes.Text(input)}; it must have {_kernel.Length + 2} dimensions and " +
                $"{channels} channels, as the weights have.");
        }
        return new ConvolutionShape
        {
            Images = checked((int)input[0]),
            InputChannels = checked((int)channels),
            OutputChannels = outputs,
            Groups = groups,
            Rows = _kernel.Length == 1 ? new ConvolutionAxis(1, 1, 1, 1, 1, 0) : Axis(0, input[2]),
            Columns = Axis(_kernel.Length - 1, input[^1]),
        };
    }

    /// <summary>The shape of the output.</summary>
    public long[] Output(ConvolutionShape shape) => _kernel.Length == 1
        ? [shape.Images, shape.OutputChannels, shape.Columns.Output]
        : [shape.Images, shape.OutputChannels, shape.Rows.Output, shape.Columns.Output];

    private ConvolutionAxis Axis(int axis, long input)
    {
        long span = (_kernel[axis] - 1) * _dilations[axis] + 1, stride = _strides[axis];
        var (before, after) = (_pads[axis], _pads[axis + _kernel.Length]);
        if (_automatic is SameUpper or SameLower)
        {
            long total = Math.Max(0, ((input + stride - 1) / stride - 1) * stride + span - input);
            before = _automatic == SameUpper ? total / 2 : total - total / 2;
            after = total - before;
        }
        else if (_automatic == Valid)
        {
            (before, after) = (0, 0);
        }
        if (input < 1 || input + before + after < span)
        {
            throw new ArgumentException(
                $"A kernel of {_kernel[axis]} taps with dilation {_dilations[axis]} does not fit into {input} values with " +
                $"pads {before} and {after}; it must fit at least once.");
        }
        var (windows, rest) = Math.DivRem(input + before + after - span, stride);
        if (_roundsUp && rest > 0 && (windows + 1) * stride < input + before)
            windows++;
        return checked(new ConvolutionAxis(
            (int)input, (int)windows + 1, (int)_kernel[axis], (int)stride, (int)_dilations[axis], (int)before));
    }

    private static long[] Read(OperatorAttributes attributes, string name, int count, long least)
    {
        var values = attributes.Integers(name) ?? [.. Enumerable.Repeat(least, count)];
        return values.Length == count && values.All(value => value >= least)
            ? values
            : throw new ArgumentException(
                $"Attribute '{name}' is {OperatorShapes.Text(values)}; it must have {count} values of at least {least}.");
    }
}
