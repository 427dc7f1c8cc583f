namespace Elsa.MLNet.Onnx;

/// <summary>y = x repeated along axes: dx is the sum of dy over the repetitions.</summary>
internal sealed class TileGradient : GradientRule
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Tile"];

    public override void Apply(GradientContext context)
    {
        if (!context.Needs(0)) return;
        var (from, to) = (context.InputShape(0).Dimensions, context.OutputShape().Dimensions);
        var (apart, repeated) = (new List<long>(), new List<long>());
        for (var axis = 0; axis < from.Length; axis++)
        {
            if (to[axis] != from[axis])
            {
                repeated.Add(apart.Count);
                apart.Add(to[axis] / from[axis]);
            }
            apart.Add(from[axis]);
        }
        context.Give(0, repeated.Count == 0 ? context.OutputGradient
            : context.Graph.Sum(context.Graph.Reshape(context.OutputGradient, [.. apart]),
                [.. repeated], keepDimensions: false));
    }
}
