using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>Every level beside what the same procedure reached in another framework; only the whole study has its budget.</summary>
sealed class NestedAgainstReference(StudyNetwork network, StudyLoss loss, double allowedPoints) : ICheck
{
    public string Name => $"{network.Title}, {StudyTable.Text(loss)}: nested less PyTorch's nested";

    public string Required => string.Create(CultureInfo.InvariantCulture, $"every level at least -{allowedPoints} points");

    public Reading Measure(bool full)
    {
        if (!full) return new Reading("only with --full, because the reference had the whole budget", Verdict.Skipped);
        var study = StudyBudget.Run(network, loss, full);
        var reference = network.Reference(loss);
        var differences = study.Levels.Select(level => (level, Points: 100 * study.NestedAccuracy(level) - reference[level])).ToList();
        return Reading.Of(string.Join(", ", differences.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.level} {Math.Round(pair.Points, 2):+0.00;-0.00}"))),
            differences.All(pair => pair.Points >= -allowedPoints));
    }
}
