namespace Elsa.MLNet.Onnx;

/// <summary>
/// y = gamma x where x > 0, else gamma alpha (exp(x) - 1): dx = gamma dy where x > 0, else (y + gamma alpha) dy. At
/// 0 the slope is gamma alpha.
/// </summary>
internal sealed class SeluGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Selu"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var alpha = context.Real("alpha", 1.67326319217681884765625f);
        var gamma = context.Real("gamma", 1.05070102214813232421875f);
        var positive = graph.Node("Greater", [context.Input(0), context.Number(0)]);
        var below = graph.Add(context.Output(), context.Number((double)gamma * alpha));
        context.Give(0, graph.Mul(context.OutputGradient, graph.Where(positive, context.Number(gamma), below)));
    }
}
