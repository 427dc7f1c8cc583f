namespace Elsa.MLNet.Onnx;

/// <summary>y = ln(x): dx = dy / x.</summary>
internal sealed class LogGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Log"];

    public override void Apply(GradientContext context) =>
        context.Give(0, context.Graph.Div(context.OutputGradient, context.Input(0)));
}
