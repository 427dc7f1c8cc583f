namespace Elsa.MLNet.Onnx;

/// <summary>
/// Z = A B over the last two axes, the others broadcast: dA = dZ B^T, dB = A^T dZ, summed over what was repeated. A
/// vector on the left is a row, on the right a column.
/// </summary>
internal sealed class MatMulGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["MatMul"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var (left, right) = (context.InputShape(0).Dimensions, context.InputShape(1).Dimensions);
        long[] a = left.Length == 1 ? [1, left[0]] : left;
        long[] b = right.Length == 1 ? [right[0], 1] : right;
        long[] z = [.. Broadcasting.Of(a[..^2], b[..^2]), a[^2], b[^1]];
        var gradient = Shaped(context.OutputGradient, context.OutputShape().Dimensions, z);
        if (context.Needs(0))
        {
            var product = graph.MatMul(gradient, Transposed(Shaped(context.Input(1), right, b), b.Length));
            context.Give(0, Shaped(Broadcasting.SumTo(graph, product, [.. z[..^2], a[^2], a[^1]], a), a, left));
        }
        if (context.Needs(1))
        {
            // A weight shared by all matrices of a batch gets one product over their stacked rows.
            var stacked = b.Length == 2 && a.Length > 2;
            long[] rows = [a[..^1].Aggregate(1L, (product, dimension) => product * dimension)];
            var product = stacked
                ? graph.MatMul(Transposed(graph.Reshape(context.Input(0), rows[0], a[^1]), 2),
                graph.Reshape(gradient, rows[0], z[^1]))
                : graph.MatMul(Transposed(Shaped(context.Input(0), left, a), a.Length), gradient);
            long[] made = stacked ? b : [.. z[..^2], b[^2], b[^1]];
            context.Give(1, Shaped(Broadcasting.SumTo(graph, product, made, b), b, right));
        }

        string Shaped(string value, long[] from, long[] to) =>
            from.AsSpan().SequenceEqual(to) ? value : graph.Reshape(value, to);
        string Transposed(string value, int rank) => graph.Transpose(value,
            [.. Enumerable.Range(0, rank - 2).Select(axis => (long)axis), rank - 1, rank - 2]);
    }
}
