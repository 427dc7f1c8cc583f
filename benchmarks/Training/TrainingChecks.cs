using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>The rows of <c>check training</c>, in the order in which they are measured.</summary>
static class TrainingChecks
{
    public static IReadOnlyList<ICheck> All { get; } =
    [
        new StepCost(StudyNetwork.Mnist, threads: 1),
        new StepCost(StudyNetwork.Mnist, threads: 2),
        new StepCost(StudyNetwork.Cifar, threads: 1),
        new StepCost(StudyNetwork.Cifar, threads: 2),
        new StepMemory(StudyNetwork.Mnist),
        new StepMemory(StudyNetwork.Cifar),
        new QuickstartTime(),
        new TestRun("every gradient rule: finite differences, and double-precision implementations",
            "relative error under 1e-2, and under 1e-4", "FullyQualifiedName~Gradients&FullyQualifiedName!~WholeNetwork&TestCategory!=Slow",
            "FullyQualifiedName~Gradients&FullyQualifiedName!~WholeNetwork"),
        new TestRun("gradients of eight whole networks", "build, and agree with a directional difference", "FullyQualifiedName~WholeNetworkTests"),
        new TestRun("frozen weights: every optimizer, schedule and kind of return", "no bit of an inner level changes",
            "FullyQualifiedName~TrainingFrozenWeightsTests"),
        new TestRun("same seed, one thread: twice, in two processes, killed and resumed", "the same bytes",
            "FullyQualifiedName~TrainingDeterminismTests&TestCategory!=Slow", "FullyQualifiedName~TrainingDeterminismTests"),
        new TestRun("bad use of training", "a message that says what was found, what is allowed and what to do",
            "FullyQualifiedName~TrainingBadUseTests|FullyQualifiedName~TrainingDivergenceTests"),
        new NestedAgainstIndependent(StudyNetwork.Mnist, StudyLoss.Labels, allowedPoints: 0.3),
        new DenseAgainstOriginal(StudyNetwork.Mnist, StudyLoss.Labels, allowedPoints: 0.1),
        new NestedAgainstReference(StudyNetwork.Mnist, StudyLoss.Labels, allowedPoints: 0.15),
        new NestedAgainstIndependent(StudyNetwork.Mnist, StudyLoss.Distillation, allowedPoints: 0.3),
        new DenseAgainstOriginal(StudyNetwork.Mnist, StudyLoss.Distillation, allowedPoints: 0.1),
        new NestedAgainstReference(StudyNetwork.Mnist, StudyLoss.Distillation, allowedPoints: 0.15),
        new NestedAgainstIndependent(StudyNetwork.Cifar, StudyLoss.Labels, allowedPoints: 0.5),
        new DenseAgainstOriginal(StudyNetwork.Cifar, StudyLoss.Labels, allowedPoints: null),
        new NestedAgainstReference(StudyNetwork.Cifar, StudyLoss.Labels, allowedPoints: 0.7),
    ];
}
