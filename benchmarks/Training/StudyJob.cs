using Elsa.MLNet.Datasets;
using Elsa.MLNet.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>One fit of a study: all levels nested in one network, or a single level as a network of its own.</summary>
/// <param name="Network">Name of the network.</param>
/// <param name="Loss">What is minimised.</param>
/// <param name="Level">Name of the only level; null for all, nested.</param>
/// <param name="Seed">Seed of the fit.</param>
/// <param name="Epochs">Passes over the training images per level.</param>
/// <param name="Images">Training images, the first ones; 0 for all.</param>
sealed record StudyJob(string Network, StudyLoss Loss, string? Level, int Seed, int Epochs, int Images)
{
    const double StartRate = 0.02;
    const string Dense = "dense";

    /// <summary>The levels that this fit trains.</summary>
    public IReadOnlyList<string> Levels => Level is null
        ? [Dense, .. StudyNetwork.Named(Network).Sparsities.Select(ElsaLevel.NameOf)] : [Level];

    /// <summary>Accuracy on the test images of every level that is trained, by name.</summary>
    public Dictionary<string, double> Run(int? threads)
    {
        var network = StudyNetwork.Named(Network);
        var train = network.OpenTrain();
        if (Images > 0 && Images < train.Count) train = train.Slice(0, Images);
        using var elsa = new MLContext(seed: 1).Transforms.ElsaSparsify(new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            LabelColumnName = Loss == StudyLoss.Labels ? "Label" : null,
            ModelFile = SharedFiles.Require($"models/{network.Model}"),
            Sparsities = Level is null ? network.Sparsities : Level == Dense ? [] : [network.Sparsities.Single(s => ElsaLevel.NameOf(s) == Level)],
            HoldOutFraction = 0,
            Seed = Seed,
            Execution = new ElsaExecutionOptions { IntraOpNumThreads = threads },
            Training = new ElsaTraining
            {
                // Both networks end in scores of classes, which one of them leaves without a softmax.
                Loss = Loss == StudyLoss.Labels ? ElsaLoss.CrossEntropy : ElsaLoss.DistillationOfClasses(),
                LearningRate = ElsaLearningRate.Cosine(StartRate),
                Epochs = Epochs,
                BatchSize = StudyNetwork.BatchSize,
                ShufflePoolRows = train.Count,
                Augmentation = network.Augmentation,
                TrainDense = Level is null or Dense,
            },
        }).Fit(train.ToDataView(network.Scaling));
        var test = network.OpenTest();
        return Levels.ToDictionary(level => level, level => Accuracy(elsa, level, test, network.Scaling));
    }

    /// <summary>Accuracy of the network as it was, on the same test images.</summary>
    public static double OriginalAccuracy(StudyNetwork network)
    {
        using var elsa = new MLContext(seed: 1).Transforms.ElsaSparsify(new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            ModelFile = SharedFiles.Require($"models/{network.Model}"),
            SideParameters = ElsaSideParameters.Dense,
            HoldOutFraction = 0,
        }).Fit(network.OpenTest().Slice(0, 1).ToDataView(network.Scaling));
        return Accuracy(elsa, Dense, network.OpenTest(), network.Scaling);
    }

    static double Accuracy(ElsaTransformer elsa, string level, LabeledImages images, PixelScaling scaling)
    {
        using var transformer = elsa.WithLevel(level);
        var scores = transformer.Transform(images.ToDataView(scaling)).GetColumn<float[]>("Score");
        return scores.Select((score, row) => Array.IndexOf(score, score.Max()) == images.Labels[row] ? 1.0 : 0.0).Average();
    }
}

/// <summary>What a study minimises.</summary>
enum StudyLoss
{
    /// <summary>Cross-entropy with the labels.</summary>
    Labels,

    /// <summary>Distance to the original network's own scores; labels are not read.</summary>
    Distillation,
}
