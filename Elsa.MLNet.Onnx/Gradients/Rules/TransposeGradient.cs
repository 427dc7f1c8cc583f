namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = x with axes in another order: dx = dy with them put back. Without an order, Transpose reverses.
/// </summary>
internal sealed class TransposeGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Transpose"];

    public override void Apply(GradientContext context)
    {
        var rank = context.InputShape(0).Rank;
        var order = context.Wholes("perm") is { Length: > 0 } given ? given
            : [.. Enumerable.Range(0, rank).Select(axis => (long)(rank - 1 - axis))];
        var back = new long[rank];
        for (var axis = 0; axis < rank; axis++) back[order[axis]] = axis;
        context.Give(0, context.Graph.Transpose(context.OutputGradient, back));
    }
}
