using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Tests.Signatures;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Readme;

/// <summary>What the manual shows compiles, runs and is the same text.</summary>
[TestClass]
[DoNotParallelize]
public sealed class ManualTests
{
    [TestMethod]
    public void The_examples_run()
    {
        var (before, folder) = (Environment.CurrentDirectory, Directory.CreateTempSubdirectory());
        try
        {
            Environment.CurrentDirectory = folder.FullName;
            File.WriteAllBytes("dense.onnx", SmallNetwork.Make().ToByteArray());
            var mlContext = new MLContext(1);
            var train = SmallNetwork.Rows(mlContext, 200);
            var random = FirstFit(mlContext, train);
            Watching(mlContext, random, train);
            Assert.AreEqual(1, FromRandomWeights(mlContext, random, train));
            Assert.AreEqual("noise", Described(mlContext, Augmented(random), train).Training!["augmentation"]);
            Assert.AreEqual("masks given", Described(mlContext, WithMasks(random), train).Importance);
            Assert.AreEqual("magnitude by fan-in", Described(mlContext, WithImportance(random), train).Importance);
            var loss = MeanAbsoluteError();
            var numbers = mlContext.Data.LoadFromEnumerable(Enumerable.Range(0, 200).Select(row => new Numbers { Features = [.. Enumerable.Range(0, SmallNetwork.Inputs).Select(index => MathF.Sin(row * index))] }).ToList());
            Assert.AreEqual("mean absolute error", Described(mlContext, WithLoss(random, loss), numbers).Training!["loss"]);
            Saving(mlContext, random, train);
            Choosing(mlContext, train, SmallNetwork.Rows(mlContext, 3_000));
            TestParents.Of(TextModel()).Write("text.elsa.onnx");
            var messages = mlContext.Data.LoadFromEnumerable(new[] { new Message(), new Message { Tokens = new long[8] } });
            using var detector = AnySignature(mlContext).Fit(messages);
            Assert.HasCount(2, Typed.Values<long>(detector.Transform(messages), "Class"));
            File.WriteAllBytes("text.onnx", TextModel().ToByteArray());
            using var sparsified = FittingAnySignature(mlContext).Fit(messages);
            Assert.AreSequenceEqual(Typed.Values<long>(detector.Transform(messages), "Class"),
                Typed.Values<long>(sparsified.WithLevel("s50").Transform(messages), "Class"));
            Assert.StartsWith("cross-entropy + 0.5 x distillation", Described(mlContext, WithTwoLosses(random), train).Training!["loss"]);
        }
        finally
        {
            Environment.CurrentDirectory = before;
            folder.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void The_examples_are_the_text_that_runs()
    {
        var (ran, shown) = (MarkedText.BlocksOf("Elsa.MLNet.Tests/Readme/ManualTests.cs", "MANUAL"), MarkedText.CodeOf("MANUAL.md"));
        Assert.HasCount(ran.Count, shown);
        for (var block = 0; block < ran.Count; block++) Assert.AreSequenceEqual(ran[block], shown[block]);
    }

    static ElsaSparsifyOptions FirstFit(MLContext mlContext, IDataView train)
    {
        // MANUAL, begin
        var options = new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            LabelColumnName = "Label",
            ModelFile = "dense.onnx",
            Sparsities = [0.5, 0.8, 0.9],
            Training = new ElsaTraining
            {
                Loss = ElsaLoss.CrossEntropy,
                Epochs = 3,
                CheckpointDirectory = "checkpoints",
            },
        };
        using var elsa = mlContext.Transforms.ElsaSparsify(options).Fit(train);
        // MANUAL, end
        Assert.HasCount(4, elsa.Levels);
        Assert.IsTrue(File.Exists("checkpoints/dense.elsa-checkpoint.onnx"));
        return options with { Training = options.Training with { CheckpointDirectory = null, Epochs = 1 } };
    }

    static int FromRandomWeights(MLContext mlContext, ElsaSparsifyOptions options, IDataView train)
    {
        // MANUAL, begin
        var first = options with { Sparsities = [], Training = new ElsaTraining { Loss = ElsaLoss.CrossEntropy, Epochs = 10 } };
        using var trained = mlContext.Transforms.ElsaSparsify(first).Fit(train);
        var dense = trained.Parent.Extract(0).ToByteArray();
        var second = options with { ModelFile = null, ModelBytes = dense };
        // MANUAL, end
        using var levels = mlContext.Transforms.ElsaSparsify(second).Fit(train);
        Assert.HasCount(4, levels.Levels);
        return trained.Levels.Count;
    }

    static void Watching(MLContext mlContext, ElsaSparsifyOptions options, IDataView train)
    {
        // MANUAL, begin
        mlContext.Log += (_, entry) =>
        {
            if (entry.Kind == ChannelMessageKind.Warning) Console.Error.WriteLine(entry.RawMessage);
        };
        using var stop = new CancellationTokenSource();
        var watched = options with
        {
            Progress = new Progress<ElsaProgress>(at =>
                Console.WriteLine($"{at.Phase} {at.Level} {at.Done} of {at.Total}, {at.Remaining} left")),
            Execution = new ElsaExecutionOptions { CancellationToken = stop.Token },
        };
        // MANUAL, end
        stop.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(() => mlContext.Transforms.ElsaSparsify(watched).Fit(train));
    }

    static ElsaSparsifyOptions Augmented(ElsaSparsifyOptions options)
    {
        // MANUAL, begin
        var pictures = ElsaAugmentation.ShiftAndFlip(maximumShift: 4);
        var noise = ElsaAugmentation.From("noise", (row, dimensions, random) =>
        {
            foreach (ref var value in row) value += 0.1f * (random.NextSingle() - 0.5f);
        });
        var augmented = options with { Training = options.Training! with { Augmentation = noise } };
        // MANUAL, end
        Assert.AreEqual("shift 4 and flip", pictures.Name);
        return augmented;
    }

    static ElsaSparsifyOptions WithMasks(ElsaSparsifyOptions options)
    {
        // MANUAL, begin
        // A number per weight: the sparsest level that keeps it. Here level 1 has every second weight, level 2 every fourth.
        var maps = MaskableModel.Read("dense.onnx").Report.Maskable.Select(tensor =>
        {
            var levels = new byte[tensor.WeightCount];
            for (var index = 0; index < levels.Length; index += 2) levels[index] = (byte)(index % 4 == 0 ? 2 : 1);
            return KeyValuePair.Create(tensor.Name, new LevelMap([.. tensor.Shape], levels, levelCount: 3));
        });
        var withMasks = options with { Sparsities = [0.5, 0.75], Masks = new NestedMasks(maps) };
        // MANUAL, end
        return withMasks;
    }

    static ElsaSparsifyOptions WithImportance(ElsaSparsifyOptions options)
    {
        // MANUAL, begin
        var importance = ElsaImportance.From("magnitude by fan-in", (tensor, weights, scores) =>
        {
            var scale = MathF.Sqrt(weights.Length / (float)tensor.Shape[0]);
            for (var index = 0; index < weights.Length; index++) scores[index] = MathF.Abs(weights[index]) * scale;
        });
        var withImportance = options with { Importance = importance };
        // MANUAL, end
        return withImportance;
    }

    static ElsaLoss MeanAbsoluteError()
    {
        // MANUAL, begin
        var lossModel = new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 18 } },
            Graph = new GraphProto
            {
                Name = "loss",
                Input = { Float("output"), Float("label") },
                Output = { Float("loss") },
                Node = { Node("Sub", "error", "output", "label"), Node("Abs", "size", "error"), Node("ReduceMean", "loss", "size") },
            },
        };
        var loss = ElsaLoss.FromOnnx(lossModel.ToByteArray(), "mean absolute error");

        static NodeProto Node(string type, string output, params string[] inputs) =>
            new() { OpType = type, Output = { output }, Input = { inputs } };

        static ValueInfoProto Float(string name) => new()
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float } },
        };
        // MANUAL, end
        return loss;
    }

    static ElsaSparsifyOptions WithLoss(ElsaSparsifyOptions options, ElsaLoss loss) =>
        options with { Training = options.Training! with { Loss = loss } };

    static ElsaSparsifyOptions WithTwoLosses(ElsaSparsifyOptions options)
    {
        // MANUAL, begin
        var both = options.Training! with
        {
            OutputLosses =
            [
                new ElsaOutputLoss { Loss = ElsaLoss.CrossEntropy },
                new ElsaOutputLoss { Loss = ElsaLoss.Distillation(temperature: 4), Weight = 0.5 },
            ],
        };
        // MANUAL, end
        return options with { Training = both };
    }

    static void Saving(MLContext mlContext, ElsaSparsifyOptions options, IDataView train)
    {
        using var elsa = mlContext.Transforms.ElsaSparsify(options with { Training = null }).Fit(train);
        // MANUAL, begin
        var pipeline = mlContext.Transforms.NormalizeMinMax("Scaled", "Features")
            .Append(mlContext.Transforms.ApplyElsaModel("Score", "Scaled", elsa.Parent, level: "s80"));
        using var model = pipeline.Fit(train);
        mlContext.Model.Save(model, train.Schema, "digits.zip");
        // MANUAL, end
        // MANUAL, begin
        var loaded = mlContext.Model.Load("digits.zip", out var inputSchema);
        var levels = loaded.ElsaTransformers()[0].Levels.Select(level => level.Name);
        var sparse = loaded.WithElsaLevel("s90");
        var local = sparse.WithElsaExecution(new ElsaExecutionOptions { IntraOpNumThreads = 1 });
        // MANUAL, end
        Assert.AreSequenceEqual(["dense", "s50", "s80", "s90"], levels);
        Assert.AreSequenceEqual([2, 3, 3], new[] { loaded, sparse, local }.Select(chain => chain.ElsaTransformers()[0].Level));
        // MANUAL, begin
        mlContext.Model.Save(sparse.WithElsaSaveFormat(ElsaSaveFormat.Portable), inputSchema, "s90.zip");
        // MANUAL, end
        using var stock = (IDisposable)mlContext.Model.Load("s90.zip", out _);
        Assert.HasCount(200, ((ITransformer)stock).Transform(train).GetColumn<float[]>("Score"));
        foreach (var chain in new[] { loaded, sparse, local }) ((IDisposable)chain).Dispose();
    }

    static ElsaFit Described(MLContext mlContext, ElsaSparsifyOptions options, IDataView rows)
    {
        using var elsa = mlContext.Transforms.ElsaSparsify(options).Fit(rows);
        return elsa.Parent.Fit;
    }

    static void Choosing(MLContext mlContext, IDataView features, IDataView heldOut)
    {
        var before = Environment.GetEnvironmentVariable("ELSA_CACHE_DIRECTORY");
        Environment.SetEnvironmentVariable("ELSA_CACHE_DIRECTORY", "measured");
        try
        {
            Chosen(mlContext, features, heldOut);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ELSA_CACHE_DIRECTORY", before);
        }
        Assert.HasCount(1, Directory.GetFiles("measured"));
    }

    static void Chosen(MLContext mlContext, IDataView features, IDataView heldOut)
    {
        TestParents.Of(SmallNetwork.Make()).Write("digits.elsa.onnx");
        // MANUAL, begin
        var policy = ElsaLevelPolicy.WithinLatency(5).And(ElsaLevelPolicy.AtLeastAccuracy(0.98)).OrSparsest();
        using var chosen = mlContext.Transforms.ApplyElsaModel("Score", "Features", "digits.elsa.onnx", policy).Fit(features);
        Console.WriteLine(chosen.Choice);
        // MANUAL, end
        Assert.IsTrue(chosen.Choice!.IsFallback);
        // MANUAL, begin
        var unsure = ElsaLevelPolicy.Cascade(heldOut, new ElsaCascadeOptions { LabelColumnName = "Label", MaximumLoss = 0.001 });
        using var cascade = chosen.WithLevel(unsure);
        Console.WriteLine(cascade.Report);
        var answered = cascade.Transform(features);  // has the columns Score and LevelUsed
        using var elsewhere = chosen.WithLevel(ElsaLevelPolicy.Cascade(cascade.Threshold));  // without the held-out rows
        // MANUAL, end
        Assert.AreSequenceEqual(answered.GetColumn<int>("LevelUsed"), elsewhere.Transform(features).GetColumn<int>("LevelUsed"));
    }

    static ElsaScoringEstimator AnySignature(MLContext mlContext)
    {
        // MANUAL, begin
        var detector = mlContext.Transforms.ApplyElsaModel(new ElsaScoringOptions
        {
            ParentFile = "text.elsa.onnx",
            Level = "s50",
            Outputs = [new("Class", "best") { IsScalar = true }, new("Scores", "y") { SlotNames = ["ham", "spam"] }],
            Inputs = [new("Tokens", "ids") { Dimensions = [8] }, new("Weights", "attention")],
        });
        // MANUAL, end
        return detector;
    }

    static ElsaSparsifyEstimator FittingAnySignature(MLContext mlContext)
    {
        // MANUAL, begin
        var sparsifier = mlContext.Transforms.ElsaSparsify(new ElsaSparsifyOptions
        {
            OutputColumnName = "Scores",
            Outputs = [new("Scores", "y"), new("Class", "best") { IsScalar = true }],
            Inputs = [new("Tokens", "ids") { Dimensions = [8] }, new("Weights", "attention")],
            ModelFile = "text.onnx",
            Sparsities = [0.5],
        });
        // MANUAL, end
        return sparsifier;
    }

    /// <summary>y = mean over 8 tokens of their embeddings, weighed by attention; best = its largest value.</summary>
    static ModelProto TextModel()
    {
        var model = Typed.Model(
            [TestModels.Value("ids", DataType.Int64, ["N", "length"]), TestModels.Value("attention", DataType.Float, ["N", "length"])],
            [TestModels.Value("y", DataType.Float, ["N", 2]), TestModels.Value("best", DataType.Int64, ["N"])],
            [
                TestModels.Node("Gather", ["table", "ids"], "embedded"), TestModels.Node("Unsqueeze", ["attention", "last"], "weights"),
                TestModels.Node("Mul", ["embedded", "weights"], "weighed"),
                TestModels.Node("ReduceSum", ["weighed", "tokens"], "sum", TestModels.Attribute("keepdims", 0)),
                TestModels.Node("MatMul", ["sum", "w"], "y"),
                TestModels.Node("ArgMax", ["y"], "best", TestModels.Attribute("axis", 1), TestModels.Attribute("keepdims", 0)),
            ],
            TestModels.Random("table", DataType.Float, 1, 30, 6), TestModels.Random("w", DataType.Float, 2, 6, 2),
            TestModels.Integers("last", 2), TestModels.Integers("tokens", 1));
        return model;
    }

    sealed class Message
    {
        [VectorType(8)] public long[] Tokens { get; set; } = [1, 2, 3, 4, 5, 6, 7, 8];
        [VectorType(8)] public float[] Weights { get; set; } = [1, 1, 1, 1, 0, 0, 0, 0];
    }

    sealed class Numbers
    {
        [VectorType(SmallNetwork.Inputs)] public float[] Features { get; set; } = [];

        [VectorType(SmallNetwork.Classes)] public float[] Label { get; set; } = [1, 2, 3];
    }
}
