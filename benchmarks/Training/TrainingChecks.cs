using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>The rows of <c>check training</c>, in the order in which they are measured.</summary>
static class TrainingChecks
{
    public static IReadOnlyList<ICheck> All { get; } =
    [
    ];
}
