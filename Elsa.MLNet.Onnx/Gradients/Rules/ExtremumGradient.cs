namespace Elsa.MLNet.Onnx;

/// <summary>
/// z = max(a, b, ...), and min: dz goes to the input that is equal to z, at ties to the first of them only; where z
/// is NaN to the last input.
/// </summary>
internal sealed class ExtremumGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Max", "Min"];

    public override void Apply(GradientContext context)
    {
        var graph = context.Graph;
        var (rest, none) = (context.OutputGradient, context.Number(0));
        var last = context.InputCount - 1;
        while (!context.Needs(last)) last--;
        for (var index = 0; index <= last; index++)
        {
            if (index == context.InputCount - 1)
            {
                context.GiveSummed(index, rest);
                continue;
            }
            var chosen = graph.Node("Equal", [context.Input(index), context.Output()]);
            if (context.Needs(index)) context.GiveSummed(index, graph.Where(chosen, rest, none));
            if (index < last) rest = graph.Where(chosen, none, rest);
        }
    }
}
