namespace Elsa.MLNet.Tests.Gradients.Oracles;

/// <summary>Gradients of a convolution by the chain rule over every single product, in double.</summary>
static class ConvOracle
{
    public static (double[] Input, double[] Weight, double[] Bias) Gradients(float[] dy, float[] x, float[] w,
        ConvCase form)
    {
        var (dx, dw, db) = (new double[x.Length], new double[w.Length], new double[form.Weight[0]]);
        var (perGroup, filters) = (form.Weight[1], form.Weight[0] / form.Group);
        foreach (var at in Grid.Positions(form.Output))
        {
            var (n, o) = (at[0], at[1]);
            var g = dy[Grid.Offset(form.Output, at)!.Value];
            db[o] += g;
            foreach (var tap in Grid.Positions(form.Weight[1..]))
            {
                var spatial = Grid.Tap(at[2..], tap[1..], form.Strides, form.Dilations, form.Pads);
                if (Grid.Offset(form.Input, [n, o / filters * perGroup + tap[0], .. spatial]) is not { } from) continue;
                var weight = Grid.Offset(form.Weight, [o, .. tap])!.Value;
                dx[from] += (double)g * w[weight];
                dw[weight] += (double)g * x[from];
            }
        }
        return (dx, dw, db);
    }
}
