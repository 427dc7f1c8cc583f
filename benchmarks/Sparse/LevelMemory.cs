using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>Native memory of the packs with all levels loaded, over that of a pack that has the densest sparse level only.</summary>
sealed class LevelMemory : ICheck
{
    const double Allowed = 1.3;
    const int Rows = 1024, Columns = 1024;

    public string Name => "memory of all levels / the densest sparse level's pack, 1024x1024 at 80, 90, 95, 98 %";

    public string Required => string.Create(CultureInfo.InvariantCulture, $"at most {Allowed}x");

    public Reading Measure(bool full)
    {
        var random = new Random(1);
        var (weights, levels) = (new float[Rows * Columns], new byte[Rows * Columns]);
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = random.NextSingle() + 1;
            var rank = random.NextDouble();
            levels[i] = (byte)LayerUnderTest.Sparsities.Count(sparsity => rank >= sparsity);
        }
        using var all = SparsePack.Create(weights, levels, Rows, Columns, 1, LayerUnderTest.Sparsities.Length + 1);
        using var densest = SparsePack.Create(weights, [.. levels.Select(level => Math.Min(level, (byte)1))], Rows, Columns, 1, 2);
        var tiles = (double)all.Bytes / densest.Bytes;
        all.Lanes(rowsPerLane: 2);
        densest.Lanes(rowsPerLane: 2);
        var both = (double)all.Bytes / densest.Bytes;
        return Reading.Of(string.Create(CultureInfo.InvariantCulture,
            $"{tiles:0.00}x for many rows, {both:0.00}x with what few rows need ({all.Bytes / 1e6:0.0} MB; dense weights {4 * weights.Length / 1e6:0.0} MB)"),
            Math.Max(tiles, both) <= Allowed);
    }
}
