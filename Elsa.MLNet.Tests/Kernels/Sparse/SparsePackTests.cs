using Elsa.MLNet.Kernels;
using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Tests.Kernels.Sparse;

[TestClass]
[DoNotParallelize]
public sealed unsafe class SparsePackTests
{
    [TestMethod]
    public void A_level_has_the_weights_that_it_keeps_and_that_are_not_zero()
    {
        using var weights = new SparseWeights(70, 401, 1, 5, seed: 1);
        for (var level = 1; level < 5; level++) Assert.AreEqual(weights.NonZeros(level), weights.Pack.NonZeros(level));
    }

    [TestMethod]
    [DataRow(70, 401, 1)]
    [DataRow(600, 193, 1)]
    [DataRow(48, 200, 16)]
    [DataRow(24, 33, 8)]
    public void A_transposed_matrix_gives_the_same_pack(int rows, int columns, int height)
    {
        const int Levels = 4;
        using var weights = new SparseWeights(rows, columns, 1, Levels, seed: rows, height);
        using var transposed = weights.PackTransposed();
        Assert.AreEqual(height, transposed.Height);
        Assert.AreEqual(weights.Pack.Bytes, transposed.Bytes);
        for (var level = 1; level < Levels; level++)
        {
            Assert.AreEqual(weights.Pack.NonZeros(level), transposed.NonZeros(level));
            for (var chunk = 0; chunk < transposed.ChunksPerGroup; chunk++)
                for (var panel = 0; panel < transposed.Panels; panel++)
                {
                    Assert.AreSequenceEqual(NonZeros(weights.Pack, chunk, panel, level), NonZeros(transposed, chunk, panel, level));
                }
        }
    }

    static List<(int Row, int Column, float Value)> NonZeros(SparsePack pack, int chunk, int panel, int level)
    {
        var found = new List<(int, int, float)>();
        foreach (var segment in pack.Segments(0, chunk, panel, level))
            for (var i = segment.Start; i < segment.Start + segment.Count; i++)
                for (var row = 0; row < pack.Height; row++)
                    found.Add((segment.Row + row, pack.Positions[i], pack.Values[(long)i * pack.Height + row]));
        return found;
    }

    [TestMethod]
    public void All_levels_together_cost_at_most_1_3_times_the_densest_one()
    {
        var random = new Random(2);
        const int Rows = 512, Columns = 512;
        var (weights, levels) = (new float[Rows * Columns], new byte[Rows * Columns]);
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = random.NextSingle() + 1;
            var rank = random.NextDouble();
            levels[i] = (byte)new[] { 0.8, 0.9, 0.95, 0.98 }.Count(sparsity => rank >= sparsity);
        }
        using var all = SparsePack.Create(weights, levels, Rows, Columns, 1, 5);
        using var densest = SparsePack.Create(weights, [.. levels.Select(level => Math.Min(level, (byte)1))], Rows, Columns, 1, 2);
        Assert.IsTrue(all.Bytes <= 1.3 * densest.Bytes, $"{all.Bytes} of {densest.Bytes} bytes for products of many vectors");
        all.Lanes(rowsPerLane: 2);
        densest.Lanes(rowsPerLane: 2);
        Assert.IsTrue(all.Bytes <= 1.3 * densest.Bytes, $"{all.Bytes} of {densest.Bytes} bytes with those of few");
    }

    [TestMethod]
    public void Memory_is_freed_once()
    {
        var before = NativeBlock.LiveBytes;
        var weights = new SparseWeights(100, 100, 2, 3, seed: 1);
        weights.Pack.Lanes(rowsPerLane: 2);
        Assert.AreEqual(before + weights.Pack.Bytes, NativeBlock.LiveBytes);
        weights.Dispose();
        weights.Dispose();
        Assert.AreEqual(before, NativeBlock.LiveBytes);
    }
}
