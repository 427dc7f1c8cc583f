using Elsa.MLNet.Kernels.Sparse;

namespace Elsa.MLNet.Tests.Kernels.Sparse;

[TestClass]
public sealed unsafe class LanePackTests
{
    [TestMethod]
    [DataRow(1, 1, 1)]
    [DataRow(10, 17, 2)]
    [DataRow(33, 192, 2)]
    [DataRow(531, 417, 1)]
    [DataRow(531, 417, 2)]
    public void Every_level_has_its_non_zeros_once(int rows, int columns, int rowsPerLane)
    {
        const int Levels = 5;
        using var weights = new SparseWeights(rows, columns, 1, Levels, seed: rows + columns);
        var lanes = weights.Pack.Lanes(rowsPerLane);
        for (var level = 1; level < Levels; level++)
        {
            var found = new float[rows * columns];
            for (var chunk = 0; chunk < weights.Pack.ChunksPerGroup; chunk++)
                for (var group = 0; group < SparsePack.ChunkRows / lanes.GroupRows; group++)
                    foreach (var segment in lanes.Segments(0, chunk, group, level))
                        Collect(lanes, segment, lanes.Rows(0, chunk, group), chunk * SparsePack.ChunkRows, columns, found);
            for (var i = 0; i < found.Length; i++)
                Assert.AreEqual(weights.At(level, i / columns, i % columns), found[i], $"level {level}, row {i / columns}, column {i % columns}");
        }
    }

    static void Collect(LanePack lanes, LaneSegment segment, short* rows, int firstRow, int columns, float[] found)
    {
        for (var slot = 0; slot < segment.Slots; slot++)
            for (var lane = 0; lane < LanePack.Lanes; lane++)
            {
                var at = (segment.Start + slot) * LanePack.Lanes + lane;
                var isUsed = segment.Counts < 0 ? lanes.Values[at] != 0 : slot < lanes.Counts[segment.Counts + lane];
                if (!isUsed) continue;
                var place = lanes.Positions[at];
                var row = rows[lane + (place >= LanePack.SecondRow ? LanePack.Lanes : 0)];
                var column = segment.Window * LanePack.WindowStep + place % LanePack.WindowColumns;
                Assert.AreEqual(0, found[(firstRow + row) * columns + column], "Each only once.");
                found[(firstRow + row) * columns + column] = lanes.Values[at];
            }
    }

    [TestMethod]
    [DataRow(1, 1.45)]
    [DataRow(2, 1.25)]
    public void Slots_are_full_but_for_what_chance_makes_uneven(int rowsPerLane, double most)
    {
        const int Rows = 256, Columns = 1024;
        const double Density = 0.2;
        var random = new Random(7);
        var levels = new byte[Rows * Columns];
        foreach (ref var level in levels.AsSpan()) level = (byte)(random.NextDouble() < Density ? 1 : 0);
        using var pack = SparsePack.Create([.. Enumerable.Repeat(1f, levels.Length)], levels, Rows, Columns, 1, 2);
        var lanes = pack.Lanes(rowsPerLane);
        long slots = 0;
        for (var group = 0; group < Rows / lanes.GroupRows; group++)
            foreach (var segment in lanes.Segments(0, 0, group, 1)) slots += segment.Slots;
        var waste = (double)slots * LanePack.Lanes / pack.NonZeros(1);
        Assert.IsTrue(waste >= 1 && waste <= most, $"{waste:0.00} places for a non-zero");
    }
}
