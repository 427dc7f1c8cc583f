using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Datasets;
using Elsa.MLNet.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Benchmarks.Plugin;

/// <summary>
/// A cascade of a sparse level and the dense one of mnist-burn: calibrated on 6,000 images of MNIST's test set with at most
/// 0.1 points lost at a certainty of 0.95, and checked on the other 4,000.
/// </summary>
/// <param name="sparsity">Zeros of the sparse level; masks by magnitude, nothing trained.</param>
sealed class CascadeCost(double sparsity) : ICheck
{
    const double MaximumLoss = 0.001;
    const int Calibration = 6_000, Fresh = 4_000, Training = 2_000;

    public string Name => $"cascade of {ElsaLevel.NameOf(sparsity)} and dense, mnist-burn";

    public string Required => "at most 0.1 points lost, with a bound that says so";

    public Reading Measure(bool full)
    {
        var context = new MLContext(1);
        var scaling = new PixelScaling([0.1307], [0.3081]);
        var file = SharedFiles.Require("models/mnist-burn-conv-bn.onnx");
        var folder = SharedFiles.Require("data/mnist");
        var train = LabeledImages.Open(folder, DataPart.Train).Slice(0, Training).ToDataView(scaling);
        var test = LabeledImages.Open(folder, DataPart.Test);
        var fresh = test.Slice(Calibration, Fresh).ToDataView(scaling);
        using var elsa = context.Transforms.ElsaSparsify("Score", "Features", file, [sparsity]).Fit(train);
        using var cascade = elsa.WithLevel(ElsaLevelPolicy.Cascade(
            test.Slice(0, Calibration).ToDataView(scaling), new ElsaCascadeOptions { MaximumLoss = MaximumLoss }));
        var report = cascade.Report!;
        var labels = fresh.GetColumn<uint>("Label").Select(key => (int)key - 1).ToArray();
        var lost = Right(elsa) - Right(cascade);
        return Reading.Of(string.Create(CultureInfo.InvariantCulture,
            $"threshold {report.Threshold:0.0}, {100 * (1 - report.Levels[0].Answered):0.0} % of rows go to dense; " +
            $"{report.LostRows} of {report.Rows} lost (bound {100 * report.LossBound:0.000} points), {lost} fewer right of {Fresh}; " +
            $"mean cost of a row {report.RelativeMultiplyAdds:0.00} of dense in multiply-adds, {report.RelativeTime:0.00} in time"),
            report.LossBound <= MaximumLoss && lost <= MaximumLoss * Fresh);

        int Right(ITransformer transformer) => transformer.Transform(fresh).GetColumn<float[]>("Score").Zip(labels)
            .Count(row => Array.IndexOf(row.First, row.First.Max()) == row.Second);
    }
}
