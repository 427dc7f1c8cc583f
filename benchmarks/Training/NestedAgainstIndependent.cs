using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>What nesting costs: every level beside a network of its own, trained by the same engine with the same budget.</summary>
sealed class NestedAgainstIndependent(StudyNetwork network, StudyLoss loss, double allowedPoints) : ICheck
{
    public string Name => $"{network.Title}, {StudyTable.Text(loss)}: nested less independent";

    public string Required => $"every level at least -{allowedPoints:0.0} points";

    public Reading Measure(bool full)
    {
        var study = StudyBudget.Run(network, loss, full);
        var differences = study.Levels.Select(level => (level, Points: 100 * (study.NestedAccuracy(level) - study.IndependentAccuracy(level)))).ToList();
        var measured = differences.Select(pair => $"{pair.level} {StudyTable.Percent(study.NestedAccuracy(pair.level))} ({pair.Points:+0.00;-0.00})");
        return Reading.Of($"{string.Join(", ", measured)}; {StudyBudget.Text(study)}", differences.All(pair => pair.Points >= -allowedPoints));
    }
}
