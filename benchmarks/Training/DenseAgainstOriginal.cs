using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>What the dense level of the nested network reaches beside the original network, on the same test images.</summary>
sealed class DenseAgainstOriginal(StudyNetwork network, StudyLoss loss, double? allowedPoints) : ICheck
{
    public string Name => $"{network.Title}, {StudyTable.Text(loss)}: dense level and original";

    public string Required => allowedPoints is { } allowed ? $"at least -{allowed:0.0} points" : "";

    public Reading Measure(bool full)
    {
        var study = StudyBudget.Run(network, loss, full);
        var points = 100 * (study.NestedAccuracy("dense") - study.Original);
        var measured = $"{StudyTable.Percent(study.NestedAccuracy("dense"))} and {StudyTable.Percent(study.Original)} ({points:+0.00;-0.00}); " +
            $"fine-tuned dense network {StudyTable.Percent(study.IndependentAccuracy("dense"))}";
        return allowedPoints is { } least ? Reading.Of(measured, points >= -least) : Reading.ForInformation(measured);
    }
}
