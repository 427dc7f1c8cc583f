using Elsa.MLNet.Datasets;
using Elsa.MLNet.Tests.Data;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Scoring.Cascade;

/// <summary>The promise on a public network and public images, where they are at hand.</summary>
[TestClass]
public sealed class RealCascadeTests
{
    [TestMethod]
    [TestCategory("Slow")]
    [DataRow(0.8)]
    [DataRow(0.9)]
    [DataRow(0.95)]
    public void A_cascade_of_mnist_burn_loses_at_most_a_tenth_of_a_point_on_images_it_was_not_calibrated_on(double sparsity)
    {
        var file = Shared.Require("models/mnist-burn-conv-bn.onnx");
        var folder = Shared.Require("data/mnist");
        var context = new MLContext(1);
        var scaling = new PixelScaling([0.1307], [0.3081]);
        var train = LabeledImages.Open(folder, DataPart.Train).Slice(0, 2_000).ToDataView(scaling);
        var test = LabeledImages.Open(folder, DataPart.Test);
        using var elsa = context.Transforms.ElsaSparsify("Score", "Features", file, [sparsity]).Fit(train);
        using var cascade = elsa.WithLevel(ElsaLevelPolicy.Cascade(test.Slice(0, 6_000).ToDataView(scaling)));
        var fresh = test.Slice(6_000, 4_000).ToDataView(scaling);
        long[] labels = [.. fresh.GetColumn<uint>("Label").Select(key => (long)key - 1)];
        int Right(ITransformer transformer) => TestRows.Vectors(transformer.Transform(fresh)).Zip(labels)
            .Count(row => Array.IndexOf(row.First, row.First.Max()) == row.Second);

        int lost = Right(elsa) - Right(cascade);
        Console.WriteLine($"{cascade.Report}\nOn 4000 other images {lost} fewer are right.");
        Assert.IsLessThanOrEqualTo(4, lost);
        Assert.IsLessThanOrEqualTo(0.001, cascade.Report!.LossBound);
        Assert.IsGreaterThan(0.5, cascade.Report.Levels[0].Answered);
        Assert.IsLessThan(1, cascade.Report.RelativeMultiplyAdds!.Value);
    }
}
