namespace Elsa.MLNet.Onnx;

/// <summary>
/// a, b, ... = the parts of x along an axis: dx = [da, db, ...], with 0 for parts that do not lead to the loss.
/// </summary>
internal sealed class SplitGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Split"];

    public override void Apply(GradientContext context)
    {
        var shape = context.InputShape(0);
        var axis = shape.Axis(context.Whole("axis", 0));
        var parts = new string[context.Node.Output.Count];
        for (var index = 0; index < parts.Length; index++)
            parts[index] = context.OutputGradientOrNull(index) ?? (context.Output(index).Length > 0
                ? context.Graph.Zeros(shape.Type, context.OutputShape(index).Dimensions)
                : throw context.Unsupported($"its output {index} has no name, so that its size is not known"));
        context.Give(0, context.Graph.Node("Concat", parts, NodeAttribute.Of("axis", axis)));
    }
}
