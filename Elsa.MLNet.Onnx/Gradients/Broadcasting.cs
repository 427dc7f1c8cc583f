namespace Elsa.MLNet.Onnx;

/// <summary>The reverse of broadcasting: sums over what was repeated.</summary>
internal static class Broadcasting
{
    /// <summary>Sums a value of dimensions <paramref name="from"/> down to <paramref name="to"/>, which broadcasts to
    /// it.</summary>
    public static string SumTo(GraphBuilder graph, string value, long[] from, long[] to)
    {
        if (from.AsSpan().SequenceEqual(to)) return value;
        var lead = from.Length - to.Length;
        long[] axes = [.. Enumerable.Range(0, from.Length).Where(axis => axis < lead || (to[axis - lead] == 1 && from[axis] != 1))
            .Select(axis => (long)axis)];
        var summed = axes.Length == 0 ? value : graph.Sum(value, axes, keepDimensions: true);
        return lead == 0 ? summed : graph.Reshape(summed, to);
    }

    /// <summary>The dimensions to which two shapes broadcast (numpy rules).</summary>
    public static long[] Of(long[] left, long[] right)
    {
        var rank = Math.Max(left.Length, right.Length);
        var dimensions = new long[rank];
        for (var axis = 0; axis < rank; axis++)
        {
            var a = axis < rank - left.Length ? 1 : left[axis - (rank - left.Length)];
            var b = axis < rank - right.Length ? 1 : right[axis - (rank - right.Length)];
            dimensions[axis] = a == 1 ? b : a;
        }
        return dimensions;
    }
}
