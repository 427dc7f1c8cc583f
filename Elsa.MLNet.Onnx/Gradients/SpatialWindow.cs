using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// The window that a convolution or a pool moves over the spatial axes, those after the first two, with its padding
/// resolved to numbers.
/// </summary>
/// <param name="Kernel">Taps per axis.</param>
/// <param name="Strides">Steps from window to window.</param>
/// <param name="Pads">Padding before the first element of every axis, then that after the last.</param>
/// <param name="Dilations">Steps from tap to tap.</param>
internal sealed record SpatialWindow(long[] Kernel, long[] Strides, long[] Pads, long[] Dilations)
{
    public int Rank => Kernel.Length;

    /// <summary>The attributes kernel_shape, strides, pads and dilations.</summary>
    public AttributeProto[] Attributes =>
    [
        NodeAttribute.Of("kernel_shape", Kernel), NodeAttribute.Of("strides", Strides), NodeAttribute.Of("pads", Pads),
        NodeAttribute.Of("dilations", Dilations),
    ];

    /// <summary>Reads the window of a convolution or pool whose windows lie in its first input.</summary>
    /// <param name="context">The node.</param>
    /// <param name="kernel">Taps per axis.</param>
    /// <exception cref="NotSupportedException">The padding is negative, or runtimes do not agree on it.</exception>
    public static SpatialWindow Of(GradientContext context, long[] kernel)
    {
        var (input, output) = (context.InputShape(0).Dimensions[2..], context.OutputShape().Dimensions[2..]);
        var window = Unpadded(context, kernel);
        switch (context.Text("auto_pad", "NOTSET"))
        {
            case "NOTSET" when context.Wholes("pads") is { } pads:
                pads.CopyTo(window.Pads, 0);
                break;
            case "SAME_UPPER" or "SAME_LOWER":
                for (var axis = 0; axis < kernel.Length; axis++)
                    window.Distribute(axis, Missing(context, window, axis, input[axis], output[axis]),
                        smallerHalfFirst: context.Text("auto_pad", "") == "SAME_UPPER");
                break;
        }
        return window.Pads.All(pad => pad >= 0) ? window : throw context.Unsupported("its padding is negative");
    }

    /// <summary>Reads the window of a transposed convolution, whose windows lie in its output.</summary>
    /// <param name="context">The node.</param>
    /// <param name="kernel">Taps per axis.</param>
    /// <exception cref="NotSupportedException">The padding is negative.</exception>
    public static SpatialWindow OfTransposed(GradientContext context, long[] kernel)
    {
        var (input, output) = (context.InputShape(0).Dimensions[2..], context.OutputShape().Dimensions[2..]);
        var window = Unpadded(context, kernel);
        var same = context.Text("auto_pad", "NOTSET");
        var extra = context.Wholes("output_padding");
        if (context.Wholes("output_shape") is not null || same is "SAME_UPPER" or "SAME_LOWER")
            for (var axis = 0; axis < kernel.Length; axis++)
                window.Distribute(axis, window.Extent(axis, input[axis]) + (extra?[axis] ?? 0) - output[axis],
                    same == "SAME_UPPER");
        else if (same == "NOTSET") context.Wholes("pads")?.CopyTo(window.Pads, 0);
        return window.Pads.All(pad => pad >= 0) ? window : throw context.Unsupported("its padding is negative");
    }

    /// <summary>Reads a window whose padding is resolved.</summary>
    public static SpatialWindow Of(NodeProto node) => new(Wholes(node, "kernel_shape"), Wholes(node, "strides"),
        Wholes(node, "pads"), Wholes(node, "dilations"));

    /// <summary>Elements from the first tap of the first window to the last of the last.</summary>
    public long Extent(int axis, long windows) =>
        (windows - 1) * Strides[axis] + (Kernel[axis] - 1) * Dilations[axis] + 1;

    /// <summary>Windows that lie wholly in the padded input.</summary>
    public long Windows(int axis, long input) =>
        (input + Pads[axis] + Pads[Rank + axis] - Extent(axis, 1)) / Strides[axis] + 1;

    /// <summary>Where taps of a window lie; below 0 and from the axis' length on is padding.</summary>
    public IEnumerable<long> Taps(int axis, long window)
    {
        for (var tap = 0L; tap < Kernel[axis]; tap++)
            yield return window * Strides[axis] - Pads[axis] + tap * Dilations[axis];
    }

    /// <summary>Elements that the windows of SAME_* need beyond the input; below 0 where they leave some out.</summary>
    static long Missing(GradientContext context, SpatialWindow window, int axis, long input, long output)
    {
        var same = context.Text("auto_pad", "");
        // ONNX Runtime leaves a pool's dilation out when it computes this padding.
        if (context.Node.OpType != "Conv" && window.Dilations[axis] > 1)
            throw context.Unsupported($"its auto_pad '{same}' stands beside dilations of {window.Dilations[axis]}, " +
                "for which runtimes pad differently; write its pads out");
        var missing = window.Extent(axis, output) - input;
        // Half of what is missing, rounded towards zero, comes first: so does half of what is too much.
        if ((same == "SAME_UPPER" ? missing : missing + 1) / 2 < 0)
            throw context.Unsupported($"its auto_pad '{same}' starts the windows of spatial axis {axis} inside the " +
                $"input, as its stride of {window.Strides[axis]} is larger than its kernel; write its pads out");
        return missing;
    }

    static SpatialWindow Unpadded(GradientContext context, long[] kernel)
    {
        long[] ones = [.. Enumerable.Repeat(1L, kernel.Length)];
        return new SpatialWindow(kernel, context.Wholes("strides") ?? ones, new long[2 * kernel.Length],
            context.Wholes("dilations") ?? ones);
    }

    static long[] Wholes(NodeProto node, string name) => NodeAttribute.Wholes(node, name)
        ?? throw new InvalidOperationException($"Node '{GraphScope.NameOf(node)}' lacks its attribute '{name}'.");

    void Distribute(int axis, long total, bool smallerHalfFirst)
    {
        total = Math.Max(0, total);
        Pads[axis] = smallerHalfFirst ? total / 2 : total - total / 2;
        Pads[Rank + axis] = total - Pads[axis];
    }
}
