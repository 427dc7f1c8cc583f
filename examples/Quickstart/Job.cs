using Elsa.MLNet;
using Elsa.MLNet.Datasets;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Quickstart.Network;

namespace Quickstart;

/// <summary>The main job: data and a dense model in, one parent file with every level out, and a table of what each costs.</summary>
sealed class Job
{
    const int DenseEpochs = 8, Seed = 1;

    readonly JobOptions _options;
    readonly MLContext _context = new(Seed);
    readonly Watch _watch = new();
    readonly LabeledImages _train, _test;
    readonly PixelScaling _scaling;

    Job(JobOptions options)
    {
        if (options.Model is not null && options.Data is null)
            throw new ArgumentException("--model needs the data that the model was made for; give --data too.");
        if (options.Epochs < 0)
            throw new ArgumentException($"--epochs is {options.Epochs}; give at least 0 (0 embeds the levels without training).");
        (_options, _scaling) = (options, new PixelScaling(options.Mean, options.Deviation));
        (_train, _test) = Images(options);
        _context.Log += (_, entry) =>
        {
            if (entry.Kind == ChannelMessageKind.Warning) _watch.Say("Warning: " + entry.RawMessage);
        };
    }

    public static void Run(JobOptions options) => new Job(options).Run();

    void Run()
    {
        _watch.Say($"{_train.Count} training and {_test.Count} test images of {_train.Channels} x {_train.Height} x {_train.Width}, {_train.ClassNames.Count} classes.");
        var dense = _options.Model is { } file ? File.ReadAllBytes(file) : TrainDense();
        _watch.Say($"Dense model: {_options.Model ?? "trained here"}, {dense.Length} bytes.");

        using var elsa = Embed(dense);
        if (Path.GetDirectoryName(_options.Output) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        elsa.SaveParent(_options.Output, overwrite: true);
        _watch.Say($"Parent with {elsa.Levels.Count} levels: {_options.Output}");
        LevelTable.Print(elsa, dense.Length, new FileInfo(_options.Output).Length, level => Accuracy(level, _test.ToDataView(_scaling)));
        Console.WriteLine(NextSteps(elsa.Levels[^1].Name));
    }

    /// <summary>From random weights: no levels, only the dense network.</summary>
    byte[] TrainDense()
    {
        _watch.Say("Training a dense network from random weights.");
        var untrained = RandomNetwork.Create(_train.Channels, _train.Height, _train.Width, _train.ClassNames.Count, Seed);
        // What is wrong with the options is better said before a network is trained than after.
        _ = Estimator(untrained.ToByteArray(), _options.Sparsities, LevelTraining);
        using var trained = Fit(untrained.ToByteArray(), [], new ElsaTraining
        {
            Loss = ElsaLoss.CrossEntropy,
            LearningRate = ElsaLearningRate.Cosine(0.025),
            Epochs = DenseEpochs,
            BatchSize = 32,
            CheckpointDirectory = Checkpoints("dense"),
        });
        return trained.Parent.Extract(0).ToByteArray();
    }

    /// <summary>By partial weight freezing: the sparsest level is trained first and frozen, then the next one.</summary>
    ElsaTransformer Embed(byte[] dense)
    {
        _watch.Say(_options.Epochs == 0 ? $"Embedding {_options.Sparsities.Length} sparse levels without training."
            : $"Training {_options.Sparsities.Length} sparse levels and the dense one, from the sparsest, {_options.Epochs} epochs each.");
        return Fit(dense, _options.Sparsities, LevelTraining);
    }

    ElsaTraining? LevelTraining => _options.Epochs == 0 ? null : new ElsaTraining
    {
        Loss = ElsaLoss.CrossEntropy,
        Epochs = _options.Epochs,
        CheckpointDirectory = Checkpoints("levels"),
    };

    ElsaTransformer Fit(byte[] model, double[] sparsities, ElsaTraining? training) =>
        _watch.During("read", () => Estimator(model, sparsities, training).Fit(_train.ToDataView(_scaling)));

    ElsaSparsifyEstimator Estimator(byte[] model, double[] sparsities, ElsaTraining? training) =>
        _context.Transforms.ElsaSparsify(new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            LabelColumnName = "Label",
            ModelBytes = model,
            Sparsities = sparsities,
            Training = training,
            HoldOutFraction = 0.1,
            Progress = _watch,
        });

    string? Checkpoints(string part) => _options.Checkpoints is { } folder ? Path.Combine(folder, part) : null;

    string NextSteps(string sparsest) =>
        $"""

        Next: look into the file, take a level out as plain ONNX, or score with a level in ML.NET:
          dotnet run --project Elsa.MLNet.Cli -- inspect {_options.Output}
          dotnet run --project Elsa.MLNet.Cli -- extract {_options.Output} --level {sparsest} -o {sparsest}.onnx
          mlContext.Transforms.ApplyElsaModel("Score", "Features", "{_options.Output}", level: "{sparsest}")
        """;

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
