namespace Elsa.MLNet.Tests.Gradients.Oracles;

/// <summary>Gradients of normalisations in double, with the derivative of every statistic by every value.</summary>
static class NormalizationOracle
{
    /// <summary>Mean and variance per channel are constants.</summary>
    public static double[][] Fixed(float[] dy, float[] x, float[] scale, long[] shape, float[] mean, float[] variance,
        double epsilon)
    {
        var (dx, ds, db) = (new double[x.Length], new double[scale.Length], new double[scale.Length]);
        var index = 0;
        foreach (var at in Grid.Positions(shape))
        {
            var factor = 1 / Math.Sqrt(variance[at[1]] + epsilon);
            dx[index] = dy[index] * factor * scale[at[1]];
            ds[at[1]] += dy[index] * (x[index] - mean[at[1]]) * factor;
            db[at[1]] += dy[index++];
        }
        return [dx, ds, db];
    }

    /// <summary>Values of one set are standardised by their own mean and biased variance, then scaled.</summary>
    /// <param name="dy">Gradient of the result.</param>
    /// <param name="x">The values.</param>
    /// <param name="scale">The scales.</param>
    /// <param name="shape">Shape of dy and x.</param>
    /// <param name="setOf">The set in which a position is.</param>
    /// <param name="scaleOf">The scale of a position.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static double[][] Standardized(float[] dy, float[] x, float[] scale, long[] shape, Func<long[], long> setOf,
        Func<long[], long> scaleOf, double epsilon)
    {
        var (dx, ds, db) = (new double[x.Length], new double[scale.Length], new double[scale.Length]);
        var positions = Grid.Positions(shape).ToList();
        foreach (var set in Enumerable.Range(0, x.Length).GroupBy(index => setOf(positions[index])))
        {
            int[] members = [.. set];
            double n = members.Length;
            var mean = members.Sum(index => (double)x[index]) / n;
            var variance = members.Sum(index => (x[index] - mean) * (x[index] - mean)) / n;
            var factor = 1 / Math.Sqrt(variance + epsilon);
            foreach (var j in members)
            {
                var to = scaleOf(positions[j]);
                ds[to] += dy[j] * (x[j] - mean) * factor;
                db[to] += dy[j];
                // d u_j / d x_i = k (delta_ij - 1/n) - (x_j - m) k^3 (x_i - m) / n
                foreach (var i in members)
                    dx[i] += dy[j] * scale[to] * (factor * ((i == j ? 1 : 0) - 1 / n)
                        - (x[j] - mean) * factor * factor * factor * (x[i] - mean) / n);
            }
        }
        return [dx, ds, db];
    }
}
