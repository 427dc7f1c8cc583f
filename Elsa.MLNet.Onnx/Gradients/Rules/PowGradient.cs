using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>z = a^b: da = b a^(b-1) dz, 0 where b = 0; db = ln(a) z dz where a > 0, else 0.</summary>
internal sealed class PowGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Pow"];

    public override void Apply(GradientContext context)
    {
        if (context.Needs(0) && BaseGradient(context) is { } gradient) context.GiveSummed(0, gradient);
        if (context.Needs(1)) GiveExponent(context);
    }

    static string? BaseGradient(GradientContext context)
    {
        var graph = context.Graph;
        var (a, z, gradient) = (context.Input(0), context.Output(), context.OutputGradient);
        var constant = ConstantExponents(context);
        switch (constant)
        {
            case [0]: return null;
            case [1]: return gradient;
            case [2]: return graph.Mul(gradient, graph.Add(a, a));
            case [0.5]: return graph.Div(gradient, graph.Add(z, z));
            case [var power]: return graph.Mul(gradient, Slope(context.Number(power), context.Number(power - 1)));
        }
        var sameType = context.InputShape(1).Type == context.Type;
        var b = sameType ? context.Input(1) : graph.Cast(context.Input(1), context.Type);
        var slope = Slope(b, graph.Sub(b, context.Number(1)));
        if (constant?.Contains(0) != false)
        {
            // Where b = 0 the product would be 0 times infinity at a = 0.
            var none = context.Number(0);
            slope = graph.Where(graph.Node("Equal", [b, none]), none, slope);
        }
        return graph.Mul(gradient, slope);

        string Slope(string power, string powerLessOne) => graph.Mul(graph.Node("Pow", [a, powerLessOne]), power);
    }

    static void GiveExponent(GradientContext context)
    {
        var (graph, a, none) = (context.Graph, context.Input(0), context.Number(0));
        var logarithm = graph.Node("Log", [a]);
        var everywhere = graph.Mul(graph.Mul(context.OutputGradient, context.Output()), logarithm);
        var gradient = context.Summed(1, graph.Where(graph.Node("Greater", [a, none]), everywhere, none));
        var type = context.InputShape(1).Type;
        context.Give(1, type == context.Type ? gradient : graph.Cast(gradient, type));
    }

    static double[]? ConstantExponents(GradientContext context) => !context.IsConstant(1) ? null
        : context.InputShape(1).Type switch
        {
            DataType.Float or DataType.Double => context.RealInput(1),
            DataType.Int32 or DataType.Int64 => [.. context.WholeInput(1)!.Select(value => (double)value)],
            _ => null,
        };
}
