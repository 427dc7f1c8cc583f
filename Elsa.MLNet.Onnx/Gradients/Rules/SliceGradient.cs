using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// y_i = x_(start + i step) per axis: dx is dy at these places and 0 elsewhere. Backward steps are turned round.
/// </summary>
internal sealed class SliceGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Slice"];

    public override void Apply(GradientContext context)
    {
        if (!context.Needs(0)) return;
        var graph = context.Graph;
        var (from, to) = (context.InputShape(0), context.OutputShape().Dimensions);
        var (first, steps) = Places(context, from, to);
        var gradient = context.OutputGradient;
        if (context.Type == DataType.Double)
        {
            context.Give(0, Mapped(context, gradient, first, steps));
            return;
        }
        long[] backward = [.. Enumerable.Range(0, from.Rank).Where(axis => steps[axis] < 0).Select(axis => (long)axis)];
        if (backward.Length > 0)
            gradient = graph.Slice(gradient, [.. backward.Select(_ => -1L)],
                [.. backward.Select(_ => long.MinValue)], backward, [.. backward.Select(_ => -1L)]);
        for (var axis = 0; axis < from.Rank; axis++)
        {
            if (steps[axis] < 0)
                (first[axis], steps[axis]) = (first[axis] + (to[axis] - 1) * steps[axis], -steps[axis]);
            if (to[axis] == 1) steps[axis] = 1;
        }
        context.Give(0, steps.All(step => step == 1)
            ? graph.Pad(gradient, first, [.. from.Dimensions.Select((size, axis) => size - first[axis] - to[axis])])
            : graph.ElsaNode("SliceGradient", [gradient], NodeAttribute.Of("starts", first),
                NodeAttribute.Of("steps", steps), NodeAttribute.Of("input_shape", from.Dimensions),
                NodeAttribute.Of("output_shape", to)));
    }

    /// <summary>dx as a product with a matrix per axis: the operator SliceGradient is of float32 alone.</summary>
    static string Mapped(GradientContext context, string gradient, long[] first, long[] steps)
    {
        var (from, dimensions) = (context.InputShape(0).Dimensions, (long[])context.OutputShape().Dimensions.Clone());
        for (var axis = from.Length - 1; axis >= 0; axis--)
        {
            if (from[axis] == dimensions[axis] && steps[axis] > 0) continue;
            var map = new AxisMap(dimensions[axis], from[axis]);
            for (var index = 0L; index < dimensions[axis]; index++) map.Add(index, first[axis] + index * steps[axis], 1);
            gradient = map.Transposed(context.Graph, gradient, dimensions, axis, context.Type);
        }
        return gradient;
    }

    /// <summary>Per axis the place of the first element that is taken, and the step.</summary>
    static (long[] First, long[] Steps) Places(GradientContext context, ValueShape from, long[] to)
    {
        var starts = context.WholeInput(1)!;
        var axes = context.WholeInput(3) ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        var given = context.WholeInput(4);
        var (first, steps) = (new long[from.Rank], new long[from.Rank]);
        Array.Fill(steps, 1);
        for (var index = 0; index < axes.Length; index++)
        {
            var axis = from.Axis(axes[index]);
            var (size, start) = (from.Dimensions[axis], starts[index]);
            if (given is not null) steps[axis] = given[index];
            if (start < 0) start += size;
            first[axis] = Math.Clamp(start, 0, steps[axis] < 0 ? size - 1 : size);
        }
        return (first, steps);
    }
}
