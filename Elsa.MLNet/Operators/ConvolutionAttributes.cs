using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Operators;

/// <summary>
/// The attributes that ONNX's Conv has, with its defaults: <c>kernel_shape</c> (from the weights), <c>strides</c> (1,
/// 1),
/// <c>pads</c> (0, 0, 0, 0: top, left, bottom, right), <c>dilations</c> (1, 1), <c>group</c> (1). <c>auto_pad</c> is
/// not read: write its pads out.
/// </summary>
internal sealed class ConvolutionAttributes
{
    private const int ImageRank = 4;

    private readonly long[]? _kernel;
    private readonly long[] _strides;
    private readonly long[] _pads;
    private readonly long[] _dilations;
    private readonly int _groups;

    public ConvolutionAttributes(OperatorAttributes attributes)
    {
        _kernel = attributes.Integers("kernel_shape");
        _strides = Read(attributes, "strides", [1, 1], 1);
        _pads = Read(attributes, "pads", [0, 0, 0, 0], 0);
        _dilations = Read(attributes, "dilations", [1, 1], 1);
        _groups = checked((int)attributes.Integer("group", 1));
        if (_groups < 1)
            throw new ArgumentException($"Attribute 'group' is {_groups}; it must be at least 1.");
    }

    /// <summary>The sizes of a convolution of an input with weights.</summary>
    /// <exception cref="ArgumentException">The shapes do not fit each other or the attributes.</exception>
    public ConvolutionShape Shape(ReadOnlySpan<long> input, ReadOnlySpan<long> weights)
    {
        RequireImages("x", input);
        RequireImages("w", weights);
        if (_kernel is not null && !weights[2..].SequenceEqual(_kernel))
        {
            throw new ArgumentException(
                $"Weights have shape {OperatorShapes.Text(weights)}, but 'kernel_shape' is " +
                $"{OperatorShapes.Text(_kernel)}; it must be their last two dimensions.");
        }
        if (input[1] != weights[1] * _groups || weights[0] % _groups != 0)
        {
            throw new ArgumentException(
                $"An input of shape {OperatorShapes.Text(input)} and weights of shape {OperatorShapes.Text(weights)} " +
                $"do not fit with 'group' {_groups}: the input must have the weights' second dimension times 'group' " +
                "channels, and the weights' first dimension must be a multiple of 'group'.");
        }
        return new ConvolutionShape
        {
            Images = checked((int)input[0]),
            InputChannels = checked((int)input[1]),
            OutputChannels = checked((int)weights[0]),
            Groups = _groups,
            Rows = Axis(0, input[2], weights[2]),
            Columns = Axis(1, input[3], weights[3]),
        };
    }

    private ConvolutionAxis Axis(int axis, long input, long kernel)
    {
        long span = (kernel - 1) * _dilations[axis] + 1;
        long output = (input + _pads[axis] + _pads[axis + 2] - span) / _strides[axis] + 1;
        if (input < 1 || kernel < 1 || input + _pads[axis] + _pads[axis + 2] < span)
        {
            throw new ArgumentException(
                $"A kernel of {kernel} taps with dilation {_dilations[axis]} does not fit into {input} values with " +
                $"pads {_pads[axis]} and {_pads[axis + 2]}; it must fit at least once.");
        }
        return checked(new ConvolutionAxis(
            (int)input, (int)output, (int)kernel, (int)_strides[axis], (int)_dilations[axis], (int)_pads[axis]));
    }

    private static void RequireImages(string name, ReadOnlySpan<long> shape)
    {
        if (shape.Length != ImageRank)
        {
            throw new ArgumentException(
                $"'{name}' has shape {OperatorShapes.Text(shape)}; convolutions here are over images and need 4 " +
                "dimensions.");
        }
    }

    private static long[] Read(OperatorAttributes attributes, string name, long[] absent, long least)
    {
        var values = attributes.Integers(name) ?? absent;
        if (values.Length != absent.Length || values.Any(value => value < least))
        {
            throw new ArgumentException(
                $"Attribute '{name}' is {OperatorShapes.Text(values)}; it must have {absent.Length} values of at " +
                $"least {least}.");
        }
        return values;
    }
}
