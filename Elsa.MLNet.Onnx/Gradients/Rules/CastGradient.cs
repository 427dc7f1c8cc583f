namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = x in another floating-point type: dx = dy in the type of x. Through other types no gradient flows.
/// </summary>
internal sealed class CastGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Cast", "CastLike"];

    public override void Apply(GradientContext context)
    {
        var (from, to) = (context.InputShape(0).Type, context.Type);
        context.Give(0, from == to ? context.OutputGradient : context.Graph.Cast(context.OutputGradient, from));
    }
}
