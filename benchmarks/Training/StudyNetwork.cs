using Elsa.MLNet.Datasets;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>A real network and the data it is trained and tested on, with the setting in which levels are embedded.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Title">Name in tables.</param>
/// <param name="Model">Its file in <c>../shared/models</c>.</param>
/// <param name="Sparsities">The sparse levels.</param>
/// <param name="Epochs">Passes over the training images per level.</param>
/// <param name="Augmentation">How images are varied.</param>
/// <param name="Scaling">What the network wants pixels to be.</param>
/// <param name="OpenTrain">Opens the training images.</param>
/// <param name="OpenTest">Opens the test images.</param>
sealed record StudyNetwork(string Name, string Title, string Model, IReadOnlyList<double> Sparsities, int Epochs,
    ElsaAugmentation Augmentation, PixelScaling Scaling, Func<LabeledImages> OpenTrain, Func<LabeledImages> OpenTest)
{
    public const int BatchSize = 128;

    public static StudyNetwork Mnist { get; } = new("mnist", "mnist-burn on MNIST", "mnist-burn-conv-bn.onnx",
        [0.5, 0.8, 0.9, 0.95, 0.98], 2, ElsaAugmentation.None, new PixelScaling([0.1307], [0.3081]),
        () => LabeledImages.Open(SharedFiles.Require("data/mnist"), DataPart.Train),
        () => LabeledImages.Open(SharedFiles.Require("data/mnist"), DataPart.Test));

    public static StudyNetwork Cifar { get; } = new("cifar", "resnet20 on JPEG files of CIFAR-10", "resnet20-cifar10.onnx",
        [0.5, 0.8, 0.9], 10, ElsaAugmentation.ShiftAndFlip(4), new PixelScaling([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        () => LabeledImages.Open(SharedFiles.Require("data/cifar10/jpeg_train_20000.tar.gz")),
        () => LabeledImages.Open(SharedFiles.Require("data/cifar10/jpeg_test.tar.gz")));

    /// <summary>
    /// Accuracy, in percent, that the same procedure reached in PyTorch 2.11 with the same network, data and budget, as means
    /// of three seeds; side parameters per level.
    /// </summary>
    public IReadOnlyDictionary<string, double> Reference(StudyLoss loss) => (Name, loss) switch
    {
        ("mnist", StudyLoss.Labels) => Levels(99.28, 99.26, 99.28, 99.22, 98.96, 98.80),
        ("mnist", StudyLoss.Distillation) => Levels(99.18, 99.19, 99.14, 99.14, 99.03, 98.98),
        ("cifar", StudyLoss.Labels) => Levels(87.6, 87.5, 85.6, 82.0),
        _ => Levels(82.0, 81.9, 81.5, 80.0),
    };

    public static StudyNetwork Named(string name) => new[] { Mnist, Cifar }.FirstOrDefault(network => network.Name == name)
        ?? throw new ArgumentException($"There is no network '{name}'; choose mnist or cifar.");

    Dictionary<string, double> Levels(params double[] percent) =>
        Sparsities.Select(Onnx.ElsaLevel.NameOf).Prepend("dense").Zip(percent).ToDictionary(pair => pair.First, pair => pair.Second);
}
