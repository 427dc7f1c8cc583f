namespace Elsa.MLNet.Kernels;

/// <summary>Sizes of a two-dimensional convolution, input [N, C, H, W], weights [M, C / groups, kernel].</summary>
internal sealed record ConvolutionShape
{
    public required int Images { get; init; }

    public required int InputChannels { get; init; }

    public required int OutputChannels { get; init; }

    public required int Groups { get; init; }

    public required ConvolutionAxis Rows { get; init; }

    public required ConvolutionAxis Columns { get; init; }

    public int InputChannelsPerGroup => InputChannels / Groups;

    public int OutputChannelsPerGroup => OutputChannels / Groups;

    public int Taps => Rows.Kernel * Columns.Kernel;

    public int InputPlane => Rows.Input * Columns.Input;

    public int OutputPlane => Rows.Output * Columns.Output;
}

/// <summary>Sizes along one axis of a convolution.</summary>
/// <param name="Input">Positions of the input.</param>
/// <param name="Output">Positions of the output.</param>
/// <param name="Kernel">Taps.</param>
/// <param name="Stride">Input positions between neighbouring outputs.</param>
/// <param name="Dilation">Input positions between neighbouring taps.</param>
/// <param name="Pad">Zeros before the input.</param>
internal readonly record struct ConvolutionAxis(int Input, int Output, int Kernel, int Stride, int Dilation, int Pad)
{
    /// <summary>Phase and shift of each tap over the padded input.</summary>
    public (int Phase, int Shift) Tap(int tap) => (tap * Dilation % Stride, tap * Dilation / Stride);

    /// <summary>The packed input.</summary>
    public PackedPlanes.Axis Packed()
    {
        var axis = this;
        return new PackedPlanes.Axis(
            Input, Pad, Stride, Output, Enumerable.Range(0, Kernel).Select(tap => axis.Tap(tap)));
    }

    /// <summary>The packed output, whose lines fit those of <paramref name="packed"/>.</summary>
    public PackedPlanes.Axis PackedOutput(PackedPlanes.Axis packed) => new(Output, 0, 1, packed.Pitch, [(0, 0)]);

    /// <summary>
    /// Of the input positions phase, phase + stride, ...: which taps reach them and at which output, as a shift of the
    /// position's number.
    /// </summary>
    public IEnumerable<(int Tap, int Shift)> Reaching(int phase)
    {
        for (int tap = 0; tap < Kernel; tap++)
        {
            int distance = phase + Pad - tap * Dilation;
            if (distance % Stride == 0)
                yield return (tap, distance / Stride);
        }
    }

    /// <summary>How many input positions are phase, phase + stride, ...</summary>
    public int PositionsOf(int phase) => (Input - phase + Stride - 1) / Stride;
}
