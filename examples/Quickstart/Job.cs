using System.Diagnostics;
using Elsa.MLNet;
using Elsa.MLNet.Datasets;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Quickstart.Dense;

namespace Quickstart;

/// <summary>What the command line asked for.</summary>
sealed record JobOptions(string? Model, string? Data, string? TestData, double[] Mean, double[] Deviation, double[] Sparsities, string Output);

/// <summary>The main job: data and a dense model in, one parent file with every level out, and a table of what each costs.</summary>
static class Job
{
    public static void Run(JobOptions options)
    {
        if (options.Model is not null && options.Data is null)
            throw new ArgumentException("--model needs the data that the model was made for; give --data too.");
        var clock = Stopwatch.StartNew();
        var (train, test) = Images(options);
        Say($"{train.Count} training and {test.Count} test images of {train.Channels} x {train.Height} x {train.Width}, {train.ClassNames.Count} classes.");

        var dense = options.Model is { } file ? File.ReadAllBytes(file) : DenseNetwork.Train(train).ToByteArray();
        Say(options.Model is { } name ? $"Dense model: {name}, {dense.Length} bytes." : $"Dense model: trained here, {dense.Length} bytes.");

        var scaling = new PixelScaling(options.Mean, options.Deviation);
        var context = new MLContext(seed: 1);
        var estimator = context.Transforms.ElsaSparsify(new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            LabelColumnName = "Label",
            ModelBytes = dense,
            Sparsities = options.Sparsities,
        });
        using var elsa = estimator.Fit(train.ToDataView(scaling));
        if (Path.GetDirectoryName(options.Output) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        elsa.SaveParent(options.Output, overwrite: true);
        Say($"Parent with {elsa.Levels.Count} levels: {options.Output}");

        LevelTable.Print(elsa, dense.Length, new FileInfo(options.Output).Length, level => Accuracy(level, test.ToDataView(scaling)));

        void Say(string message) => Console.WriteLine($"[{clock.Elapsed.TotalSeconds,6:0.0} s] {message}");
    }

    static (LabeledImages Train, LabeledImages Test) Images(JobOptions options) => options switch
    {
        { Data: null } => (DrawnDigits.Train(), DrawnDigits.Test()),
        { TestData: { } test } => (LabeledImages.Open(options.Data), LabeledImages.Open(test)),
        _ => (LabeledImages.Open(options.Data, DataPart.Train), LabeledImages.Open(options.Data, DataPart.Test)),
    };

    /// <summary>Share of images whose largest score is at their class.</summary>
    static double Accuracy(ElsaTransformer level, IDataView images)
    {
        var scored = level.Transform(images);
        var scores = scored.GetColumn<float[]>("Score");
        var labels = scored.GetColumn<uint>("Label");
        return scores.Zip(labels, (score, key) => Array.IndexOf(score, score.Max()) == (int)key - 1 ? 1.0 : 0.0).Average();
    }
}
