using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// y_k = x_index(k) along an axis: dx_i is the sum of dy_k over the k with index(k) = i. A run of neighbours is dy
/// with zeros around. Else it is a product with the matrix of index(k) = i where the axis is short, so that many
/// threads share it, and a scattered sum, whose cost does not grow with the axis, where it is long or of doubles.
/// </summary>
internal sealed class GatherGradient : GradientRule
{
    /// <summary>
    /// The longest axis for which the matrix is cheaper, about: a product is some hundred times faster per element.
    /// </summary>
    const long LongestMatrix = 256;

    public override IReadOnlyList<string> OperatorTypes { get; } = ["Gather"];

    public override void Apply(GradientContext context)
    {
        if (!context.Needs(0)) return;
        var graph = context.Graph;
        var shape = context.InputShape(0);
        var axis = shape.Axis(context.Whole("axis", 0));
        var (outer, size, inner) = (Product(shape.Dimensions[..axis]), shape.Dimensions[axis],
            Product(shape.Dimensions[(axis + 1)..]));
        var count = context.InputShape(1).Count;
        var gradient = graph.Reshape(context.OutputGradient, outer, count, inner);
        var found = Neighbours(context, size) is { } first
            ? graph.Pad(gradient, [0, first, 0], [0, size - first - count, 0])
            : size <= LongestMatrix && context.Type == DataType.Float ? Product(context, gradient, size, count)
            : Scattered(context, gradient, [outer, size, inner], count);
        context.Give(0, graph.Reshape(found, shape.Dimensions));
    }

    /// <summary>The first index if they are constant and each is the one before plus 1; else null.</summary>
    static long? Neighbours(GradientContext context, long size)
    {
        if (!context.IsConstant(1)) return null;
        long[] indices = [.. context.WholeInput(1)!.Select(index => index < 0 ? index + size : index)];
        return indices.Select((index, place) => index - place).All(start => start == indices[0]) ? indices[0] : null;
    }

    static string Product(GradientContext context, string gradient, long size, long count)
    {
        var graph = context.Graph;
        // ONNX Runtime has OneHot for floating-point values of float32 with 64-bit indices.
        var indices = context.InputShape(1).Type == DataType.Int64
            ? context.Input(1) : graph.Cast(context.Input(1), DataType.Int64);
        var matrix = graph.Node("OneHot", [graph.Reshape(indices, count), graph.Whole(size), graph.Numbers([0, 1], 2)],
            NodeAttribute.Of("axis", 0));
        return graph.MatMul(matrix, gradient);
    }

    static string Scattered(GradientContext context, string gradient, long[] shape, long count)
    {
        var graph = context.Graph;
        var indices = graph.Expand(graph.Reshape(context.Input(1), 1, count, 1), shape[0], count, shape[2]);
        return graph.Node("ScatterElements", [graph.Zeros(context.Type, shape), indices, gradient],
            NodeAttribute.Of("axis", 1), NodeAttribute.Of("reduction", "add"));
    }

    static long Product(long[] dimensions) => dimensions.Aggregate(1L, (product, dimension) => product * dimension);
}
