using System.Runtime.InteropServices;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = x with borders. Borders of a constant: dx is dy without them, and the constant gets their sum. Borders that
/// repeat x (edge, reflect, wrap): element o of an axis of y is element s(o) of x, so that dx sums dy over the o of
/// each s: a product with a matrix of zeros and ones per axis. Negative borders cut x before what is left repeats.
/// </summary>
internal sealed class PadGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Pad"];

    public override void Apply(GradientContext context)
    {
        var (begins, ends) = Borders(context);
        var mode = context.Text("mode", "constant");
        if (mode == "constant") Constant(context, begins, ends);
        else if (context.Needs(0)) context.Give(0, Repeated(context, mode, begins, ends));
    }

    static (long[] Begins, long[] Ends) Borders(GradientContext context)
    {
        var shape = context.InputShape(0);
        var pads = context.WholeInput(1)!;
        var axes = context.WholeInput(3) ?? [.. Enumerable.Range(0, shape.Rank).Select(axis => (long)axis)];
        var (begins, ends) = (new long[shape.Rank], new long[shape.Rank]);
        for (var index = 0; index < axes.Length; index++)
            (begins[shape.Axis(axes[index])], ends[shape.Axis(axes[index])]) = (pads[index], pads[index + axes.Length]);
        return (begins, ends);
    }

    static void Constant(GradientContext context, long[] begins, long[] ends)
    {
        var (graph, gradient) = (context.Graph, context.OutputGradient);
        var inner = graph.Pad(gradient, [.. begins.Select(size => -size)], [.. ends.Select(size => -size)]);
        if (context.Needs(0)) context.Give(0, inner);
        if (!context.Needs(2)) return;
        var border = graph.Sub(Total(gradient), Total(inner));
        context.Give(2, graph.Reshape(border, context.InputShape(2).Dimensions));

        string Total(string value) =>
            graph.Sum(value, [.. Enumerable.Range(0, begins.Length).Select(axis => (long)axis)], keepDimensions: false);
    }

    static string Repeated(GradientContext context, string mode, long[] begins, long[] ends)
    {
        var (graph, gradient) = (context.Graph, context.OutputGradient);
        var dimensions = context.OutputShape().Dimensions.ToArray();
        for (var axis = 0; axis < dimensions.Length; axis++)
        {
            if (begins[axis] == 0 && ends[axis] == 0) continue;
            var (from, to) = ((int)context.InputShape(0).Dimensions[axis], (int)dimensions[axis]);
            var outer = Product(dimensions[..axis]);
            var inner = Product(dimensions[(axis + 1)..]);
            var selection = Selection(context, mode, from, to, (int)begins[axis], (int)ends[axis]);
            gradient = graph.MatMul(selection, graph.Reshape(gradient, outer, to, inner));
            dimensions[axis] = from;
            gradient = graph.Reshape(gradient, dimensions);
        }
        return gradient;
    }

    /// <summary>The matrix [from, to] with 1 where an element of the border, or of the inside, comes from.</summary>
    static string Selection(GradientContext context, string mode, int from, int to, int begin, int end)
    {
        var matrix = new double[from * to];
        var (cut, left) = (Math.Max(0, -begin), from - Math.Max(0, -begin) - Math.Max(0, -end));
        for (var o = 0; o < to; o++)
        {
            var place = o - Math.Max(0, begin);
            var source = mode switch
            {
                "edge" => Math.Clamp(place, 0, left - 1),
                "wrap" => Modulo(place, left),
                "reflect" => left == 1 ? 0 : (left - 1) - Math.Abs(Modulo(place, 2 * (left - 1)) - (left - 1)),
                _ => throw context.Unsupported($"its mode is '{mode}'"),
            };
            matrix[(cut + source) * to + o] = 1;
        }
        return context.Type == DataType.Double
            ? context.Graph.Constant(DataType.Double, [from, to], MemoryMarshal.AsBytes<double>(matrix))
            : context.Graph.Numbers([.. matrix.Select(value => (float)value)], from, to);
    }

    static int Modulo(int value, int by) => ((value % by) + by) % by;

    static long Product(long[] dimensions) => dimensions.Aggregate(1L, (product, dimension) => product * dimension);
}
