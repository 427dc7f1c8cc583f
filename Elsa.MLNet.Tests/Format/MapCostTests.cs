using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Tests.Format;

/// <summary>What level maps cost in real networks, with magnitude masks over all tensors at 50, 80, 90 and 95 %.</summary>
[TestClass]
public sealed class MapCostTests
{
    const double MostOverEntropy = 1.05;
    const double MostOverDense = 1.08;
    const long LargeFile = 1_000_000;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Maps_of_real_networks_cost_their_entropy_and_parents_little_more_than_the_dense_file()
    {
        foreach (var path in Directory.GetFiles(Shared.Require("models"), "*.onnx").Order(StringComparer.Ordinal))
        {
            var model = MaskableModel.Read(path);
            var masks = SmallParents.Magnitude(model, 0.5, 0.8, 0.9, 0.95);
            var parent = ParentModel.Create(model, new ParentContent
            {
                Masks = masks,
                LevelNames = ["s50", "s80", "s90", "s95"],
                Fit = new ElsaFit { Method = "post-training", Importance = "magnitude", Allocation = "global" },
            });
            var counts = masks.TensorNames.SelectMany(name => masks[name].Levels.ToArray()).CountBy(level => level).ToList();
            var entropy = counts.Sum(count => -count.Value * Math.Log2((double)count.Value / masks.WeightCount)) / 8;
            var coded = masks.TensorNames.Sum(name => (long)LevelMapCodec.EncodeEntropy(masks[name], SmallParents.KeysOf(model.Model, name)).Length);
            var stored = masks.TensorNames.Sum(parent.LevelMapBytes);
            var dense = new FileInfo(path).Length;
            var ratio = (double)parent.ToBytes().Length / dense;
            TestContext.WriteLine($"{Path.GetFileName(path),-42} {masks.WeightCount,9} weights, entropy {entropy,9:F0} B, coded {coded,8} B, stored {stored,6} B, parent/dense {ratio:F4}");
            Assert.IsLessThanOrEqualTo(MostOverEntropy * entropy, coded, path);
            if (dense > LargeFile) Assert.IsLessThanOrEqualTo(MostOverDense, ratio, path);
        }
    }
}
