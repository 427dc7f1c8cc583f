namespace Elsa.MLNet.Onnx;

/// <summary>y = [a, b, ...] along an axis: da, db, ... are the parts of dy.</summary>
internal sealed class ConcatGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Concat"];

    public override void Apply(GradientContext context)
    {
        var axis = context.OutputShape().Axis(context.Whole("axis", 0));
        long[] sizes = [.. Enumerable.Range(0, context.InputCount)
            .Select(index => context.InputShape(index).Dimensions[axis])];
        int[] needed = [.. Enumerable.Range(0, sizes.Length).Where(context.Needs)];
        if (needed.Length == 1)
        {
            // One part is a slice; a Split would copy the others as well.
            var start = sizes.Take(needed[0]).Sum();
            context.Give(needed[0], context.Graph.Slice(context.OutputGradient, [start],
                [start + sizes[needed[0]]], [axis]));
            return;
        }
        var parts = context.Graph.Nodes("Split", "", [context.OutputGradient, context.Graph.Wholes(sizes)],
            sizes.Length, NodeAttribute.Of("axis", axis));
        foreach (var index in needed) context.Give(index, parts[index]);
    }
}
