namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = the mean of each window, over its taps in the input, or with count_include_pad in the padded input: dx sums
/// dy / count of the windows it is in. Windows and counts are products over the axes, so the gradient is one product
/// with a constant matrix per axis.
/// </summary>
internal sealed class AveragePoolGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["AveragePool"];

    public override void Apply(GradientContext context)
    {
        var (input, output) = (context.InputShape(0).Dimensions, context.OutputShape().Dimensions);
        var window = SpatialWindow.Of(context, context.Wholes("kernel_shape")!);
        var padded = context.Whole("count_include_pad", 0) != 0;
        var (gradient, dimensions) = (context.OutputGradient, (long[])output.Clone());
        for (var axis = window.Rank - 1; axis >= 0; axis--)
        {
            var map = new AxisMap(output[2 + axis], input[2 + axis]);
            var end = input[2 + axis] + (padded ? window.Pads[window.Rank + axis] : 0);
            for (var index = 0L; index < output[2 + axis]; index++)
            {
                var counted = window.Taps(axis, index).Where(tap => (padded || tap >= 0) && tap < end).ToList();
                foreach (var tap in counted.Where(tap => tap >= 0 && tap < input[2 + axis]))
                    map.Add(index, tap, 1.0 / counted.Count);
            }
            gradient = map.Transposed(context.Graph, gradient, dimensions, 2 + axis, context.Type);
        }
        context.Give(0, gradient);
    }
}
