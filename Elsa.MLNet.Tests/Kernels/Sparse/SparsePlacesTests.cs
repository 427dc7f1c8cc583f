using Elsa.MLNet.Kernels;

namespace Elsa.MLNet.Tests.Kernels.Sparse;

[TestClass]
[DoNotParallelize]
public sealed unsafe class SparsePlacesTests
{
    [TestMethod]
    [DataRow(16, 4)]
    [DataRow(48, 4)]
    [DataRow(20, 2)]
    [DataRow(7, 0)]
    public void Every_non_zero_has_the_start_of_its_column(int distance, int shift)
    {
        using var weights = new SparseWeights(70, 401, 1, 4, seed: distance);
        int[] offsets = [.. Enumerable.Range(0, 401).Select(column => (400 - column ^ 5) * distance)];
        var places = weights.Pack.Places(offsets)!;
        Assert.AreEqual(shift, places.Shift);
        for (var panel = 0; panel < weights.Pack.Panels; panel++)
            foreach (var segment in weights.Pack.Segments(0, 0, panel, 1))
                for (var i = segment.Start; i < segment.Start + segment.Count; i++)
                {
                    var column = panel * weights.Pack.PanelColumns + weights.Pack.Positions[i];
                    Assert.AreEqual(offsets[column], places.PanelStart(panel) + (places.Places[i] << places.Shift));
                }
    }

    [TestMethod]
    public void Columns_too_far_apart_have_none()
    {
        using var weights = new SparseWeights(3, 2, 1, 2, seed: 1);
        Assert.IsNotNull(weights.Pack.Places([0, 65535]));
        Assert.IsNull(weights.Pack.Places([0, 65537]));
        Assert.IsNotNull(weights.Pack.Places([65535 * 16, 0]));
        Assert.IsNull(weights.Pack.Places([65537 * 16, 0]));
    }

    [TestMethod]
    public void A_layout_has_them_once_and_only_a_few_layouts_have_them()
    {
        var before = NativeBlock.LiveBytes;
        using (var weights = new SparseWeights(3, 2, 1, 2, seed: 1))
        {
            var first = weights.Pack.Places([0, 16]);
            Assert.AreSame(first, weights.Pack.Places([0, 16]));
            Assert.AreEqual(4, Enumerable.Range(2, 20).Count(i => weights.Pack.Places([0, 16 * i]) is not null) + 1);
            Assert.AreSame(first, weights.Pack.Places([0, 16]));
            Assert.AreEqual(before + weights.Pack.Bytes, NativeBlock.LiveBytes);
        }
        Assert.AreEqual(before, NativeBlock.LiveBytes);
    }
}
