using Elsa.MLNet.Datasets;
using Elsa.MLNet.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>A real network of <c>../shared</c> with levels fitted on 1,000 calibration rows, and its accuracy on test images.</summary>
sealed class FittedNetwork
{
    static readonly Lazy<FittedNetwork> LazyMnist = new(() => new("mnist-burn-conv-bn.onnx", new PixelScaling([0.1307], [0.3081]),
        () => LabeledImages.Open(SharedFiles.Require("data/mnist"), DataPart.Train), () => LabeledImages.Open(SharedFiles.Require("data/mnist"), DataPart.Test)));

    static readonly Lazy<FittedNetwork> LazyCifar = new(() => new("resnet20-cifar10.onnx", new PixelScaling([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        () => LabeledImages.Open(SharedFiles.Require("data/cifar10/jpeg_train_20000.tar.gz")), () => LabeledImages.Open(SharedFiles.Require("data/cifar10/jpeg_test.tar.gz"))));

    readonly LabeledImages _test;
    readonly PixelScaling _scaling;
    readonly ElsaTransformer _elsa;

    FittedNetwork(string model, PixelScaling scaling, Func<LabeledImages> train, Func<LabeledImages> test)
    {
        ModelFile = SharedFiles.Require($"models/{model}");
        (_scaling, _test) = (scaling, test());
        _elsa = new MLContext(seed: 1).Transforms.ElsaSparsify(new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            LabelColumnName = "Label",
            ModelFile = ModelFile,
        }).Fit(train().ToDataView(scaling));
    }

    /// <summary>mnist-burn on MNIST.</summary>
    public static FittedNetwork Mnist => LazyMnist.Value;

    /// <summary>resnet20 on the JPEG files of CIFAR-10.</summary>
    public static FittedNetwork Cifar => LazyCifar.Value;

    public string ModelFile { get; }

    public ParentModel Parent => _elsa.Parent;

    /// <summary>Inputs of the first test images, one row behind the other.</summary>
    public float[][] Inputs(int count) => [.. _test.Slice(0, count).ToDataView(_scaling).GetColumn<float[]>("Features")];

    /// <summary>Scores of the first test images, run in batches of <paramref name="batchSize"/>.</summary>
    public float[][] Scores(string level, int count, int batchSize)
    {
        var context = new MLContext(seed: 1);
        var rows = _test.Slice(0, count).ToDataView(_scaling);
        using var transformer = context.Transforms.ApplyElsaModel("Score", "Features", Parent, level, new ElsaExecutionOptions { BatchSize = batchSize, SparseKernels = ElsaSparseKernels.Off }).Fit(rows);
        return [.. transformer.Transform(rows).GetColumn<float[]>("Score")];
    }

    /// <summary>Share of all test images whose largest score is at their class.</summary>
    public double Accuracy(string level)
    {
        var scores = Scores(level, _test.Count, 256);
        var right = 0;
        for (var row = 0; row < scores.Length; row++)
            if (Array.IndexOf(scores[row], scores[row].Max()) == _test.Labels[row]) right++;
        return (double)right / scores.Length;
    }
}
