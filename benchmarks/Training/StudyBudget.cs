namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>How much of a study is run.</summary>
static class StudyBudget
{
    const int QuickMnistImages = 12_000, QuickCifarImages = 4_000;

    /// <summary>The whole study, or a small one that takes a minute or two on two cores.</summary>
    public static Study Run(StudyNetwork network, StudyLoss loss, bool full)
    {
        if (!full)
            return network == StudyNetwork.Mnist
                ? Study.Run(network, loss, [1], network.Epochs, QuickMnistImages)
                : Study.Run(network, loss, [1], 1, QuickCifarImages);
        return Study.Run(network, loss, network == StudyNetwork.Mnist ? [1, 2, 3] : [1], network.Epochs, 0);
    }

    /// <summary>What was run, for a reader.</summary>
    public static string Text(Study study) => $"{(study.Images == 0 ? "all" : study.Images)} images, {study.Epochs} epochs, " +
        $"{study.Seeds.Count} seed{(study.Seeds.Count == 1 ? "" : "s")}";
}
