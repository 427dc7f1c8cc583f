namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = x interpolated along every resized axis, which is a constant matrix per axis (nearest: one 1 per row; linear:
/// two weights): dx is dy multiplied by the transposed matrices. If no axis changes its length y = x, whatever the
/// scales, as in ONNX Runtime.
/// </summary>
internal sealed class ResizeGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Resize"];

    public override void Apply(GradientContext context)
    {
        var mode = context.Text("mode", "nearest");
        var transformation = context.Text("coordinate_transformation_mode", "half_pixel");
        if (mode is not ("nearest" or "linear"))
            throw context.Unsupported($"its mode is '{mode}'; 'nearest' and 'linear' are covered");
        if (!ResizeCoordinates.Transformations.Contains(transformation))
            throw context.Unsupported($"its coordinate_transformation_mode is '{transformation}'; covered are " +
                string.Join(", ", ResizeCoordinates.Transformations.Order(StringComparer.Ordinal)));
        if (context.Whole("antialias", 0) != 0) throw context.Unsupported("its antialias is 1");
        if (context.Text("keep_aspect_ratio_policy", "stretch") != "stretch")
            throw context.Unsupported("its keep_aspect_ratio_policy is not 'stretch'");
        var (input, output) = (context.InputShape(0).Dimensions, context.OutputShape().Dimensions);
        var scales = Scales(context, input, output);
        var coordinates = new ResizeCoordinates(transformation, context.Text("nearest_mode", "round_prefer_floor"));
        var (gradient, dimensions) = (context.OutputGradient, (long[])output.Clone());
        var resized = !context.InputShape(0).SameDimensions(context.OutputShape());
        for (var axis = output.Length - 1; axis >= 0 && resized; axis--)
            if (scales[axis] != 1 || input[axis] != output[axis])
                gradient = coordinates.Map(input[axis], output[axis], scales[axis], mode == "linear")
                    .Transposed(context.Graph, gradient, dimensions, axis, context.Type);
        context.Give(0, gradient);
    }

    /// <summary>Per axis output to input; given, or by the lengths.</summary>
    static float[] Scales(GradientContext context, long[] input, long[] output)
    {
        float[] scales = [.. output.Zip(input, (to, from) => (float)to / from)];
        if (context.HasInput(2) && context.InputShape(2).Count > 0)
        {
            var given = context.RealInput(2)!;
            var axes = context.Wholes("axes") ?? [.. Enumerable.Range(0, input.Length).Select(axis => (long)axis)];
            for (var index = 0; index < axes.Length; index++)
                scales[context.InputShape(0).Axis(axes[index])] = (float)given[index];
        }
        return scales;
    }
}
