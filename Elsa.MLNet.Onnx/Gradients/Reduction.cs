namespace Elsa.MLNet.Onnx;

/// <summary>Over which axes a reduction such as ReduceSum goes, and how what it made meets its input again.</summary>
internal sealed class Reduction
{
    readonly GradientContext _context;
    readonly long[] _from;
    readonly long[] _kept;
    readonly bool _keepsDimensions;

    /// <summary>Reads it from a node.</summary>
    /// <exception cref="NotSupportedException">The axes are computed from data.</exception>
    public Reduction(GradientContext context)
    {
        _context = context;
        _from = context.InputShape(0).Dimensions;
        _keepsDimensions = context.Whole("keepdims", 1) != 0;
        var given = context.WholeInput(1) ?? [];
        IsNone = given.Length == 0 && context.Whole("noop_with_empty_axes", 0) != 0;
        Axes = given.Length > 0 ? [.. given.Select(axis => (long)context.InputShape(0).Axis(axis))]
            : IsNone ? [] : [.. Enumerable.Range(0, _from.Length).Select(axis => (long)axis)];
        _kept = [.. _from.Select((dimension, axis) => Axes.Contains(axis) ? 1 : dimension)];
    }

    /// <summary>Whether the node has no axes and asks that then nothing is reduced.</summary>
    public bool IsNone { get; }

    /// <summary>The axes, counted from 0.</summary>
    public long[] Axes { get; }

    /// <summary>How many elements become one.</summary>
    public long Count => Axes.Aggregate(1L, (product, axis) => product * _from[axis]);

    /// <summary>A value of the output's shape with the reduced axes as 1, so that it broadcasts to the input.</summary>
    public string Kept(string value) =>
        _keepsDimensions || Axes.Length == 0 ? value : _context.Graph.Reshape(value, _kept);

    /// <summary>A value from <see cref="Kept"/> repeated to the input's shape.</summary>
    public string Repeated(string value) =>
        _kept.AsSpan().SequenceEqual(_from) ? value : _context.Graph.Expand(value, _from);
}
