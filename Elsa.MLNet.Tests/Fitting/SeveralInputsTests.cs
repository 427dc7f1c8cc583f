using System.Runtime.InteropServices;
using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Tests.Signatures;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>Fitting takes the inputs that scoring takes.</summary>
[TestClass]
public sealed class SeveralInputsTests
{
    const int Rows = 200, Batch = 50, Tokens = 4, Width = 5, Channels = 16;

    readonly MLContext _context = new(1);

    // y = relu([mean of the tokens' embeddings, numbers] w1 + b1) w2 + b2; the number of tokens is open.
    static ModelProto Model(DataType numbers = DataType.Float) => Typed.Model(
        [TestModels.Value("ids", DataType.Int64, ["N", "length"]), TestModels.Value("x", numbers, ["N", Width])],
        [TestModels.Value("y", DataType.Float, ["N", 3]), TestModels.Value("best", DataType.Int64, ["N"])],
        [
            TestModels.Node("Gather", ["table", "ids"], "embedded"),
            TestModels.Node("ReduceMean", ["embedded"], "mean", Axes(1), TestModels.Attribute("keepdims", 0)),
            TestModels.Node("Cast", ["x"], "single", TestModels.Attribute("to", (int)DataType.Float)),
            TestModels.Node("Concat", ["mean", "single"], "both", TestModels.Attribute("axis", 1)),
            TestModels.Node("Gemm", ["both", "w1", "b1"], "h"), TestModels.Node("Relu", ["h"], "r"),
            TestModels.Node("Gemm", ["r", "w2", "b2"], "y"),
            TestModels.Node(
                "ArgMax", ["y"], "best", TestModels.Attribute("axis", 1), TestModels.Attribute("keepdims", 0)),
        ],
        TestModels.Random("table", DataType.Float, 1, 30, 6),
        TestModels.Random("w1", DataType.Float, 2, 6 + Width, Channels),
        TestModels.Random("b1", DataType.Float, 3, Channels), TestModels.Random("w2", DataType.Float, 4, Channels, 3),
        TestModels.Random("b2", DataType.Float, 5, 3));

    static AttributeProto Axes(params long[] axes)
    {
        var attribute = new AttributeProto { Name = "axes", Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.Add(axes);
        return attribute;
    }

    static ElsaSparsifyOptions Options(ModelProto model) => new()
    {
        OutputColumnName = "Score",
        Outputs = [new("Score", "y"), new("Class", "best") { IsScalar = true }],
        Inputs = [new("Numbers", "x"), new("Words", "ids")],
        LabelColumnName = "Label",
        ModelBytes = model.ToByteArray(),
        Sparsities = [0.5, 0.8],
        Execution = new ElsaExecutionOptions { BatchSize = Batch, SparseKernels = ElsaSparseKernels.Off },
    };

    static Row[] Data()
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, Rows).Select(_ => new Row
        {
            Words = [.. Enumerable.Range(0, Tokens).Select(_ => random.NextInt64(30))],
            Numbers = [.. Enumerable.Range(0, Width).Select(_ => random.NextSingle())],
            Label = (uint)random.Next(3),
        })];
    }

    IDataView View() => _context.Data.LoadFromEnumerable(Data());

    [TestMethod]
    public void Levels_of_a_model_with_numbers_and_integers_score_bit_for_bit_as_ONNX_Runtime_on_the_extracted_level()
    {
        using var elsa = _context.Transforms.ElsaSparsify(Options(Model())).Fit(View());
        foreach (var level in elsa.Levels)
        {
            using var transformer = elsa.WithLevel(level.Index);
            AssertScoresAsExtracted(transformer.Transform(View()), elsa, level.Index);
        }
    }

    [TestMethod]
    [DataRow(DataType.Float)]
    [DataRow(DataType.Float16)]
    public void Biases_are_found_from_the_rows_of_all_inputs(DataType numbers)
    {
        var options = Options(Model(numbers)) with { HoldOutFraction = 0 };
        using var fitted = _context.Transforms.ElsaSparsify(options).Fit(View());
        var noSides = options with { SideParameters = ElsaSideParameters.Dense };
        using var unfitted = _context.Transforms.ElsaSparsify(noSides).Fit(View());
        Assert.AreEqual("re-estimated", fitted.Parent.Fit.SideParameters);
        var before = Numbers(fitted.Parent.SideParameter(0, "b1"));
        for (var level = 1; level <= 2; level++)
        {
            var (dense, sparse) = (Hidden(unfitted, 0, numbers), Hidden(unfitted, level, numbers));
            var found = Numbers(fitted.Parent.SideParameter(level, "b1"));
            for (var channel = 0; channel < found.Length; channel++)
            {
                var (m, s) = Moments(dense, channel);
                var (levelM, levelS) = Moments(sparse, channel);
                // A channel without weights has no deviation to measure by.
                var target = levelS <= 1e-4 * s ? m : m / s * levelS;
                Assert.AreEqual(before[channel] + target - levelM, found[channel], 1e-4);
            }
        }

        static float[] Numbers(ReadOnlyMemory<byte> bytes) => MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray();
    }

    [TestMethod]
    public void Levels_are_measured_on_held_out_rows_of_all_inputs()
    {
        using var elsa = _context.Transforms.ElsaSparsify(Options(Model()) with { HoldOutFraction = 0.5 }).Fit(View());
        Assert.AreEqual(0, elsa.Levels[0].Metrics["relativeError"]);
        Assert.IsTrue(elsa.Levels.Skip(1).All(level => level.Metrics["relativeError"] > 0));
        Assert.IsTrue(elsa.Levels.All(level => level.Metrics.ContainsKey("accuracy")));
    }

    [TestMethod]
    public void The_mapping_is_saved_with_the_transformer()
    {
        var pipeline = _context.Transforms.CopyColumns("Words", "Words").AppendElsaSparsify(_context, Options(Model()));
        var model = pipeline.Fit(View());
        using var elsa = model.LastTransformer;
        using var file = new MemoryStream();
        _context.Model.Save(model, View().Schema, file);
        file.Position = 0;
        var loaded = _context.Model.Load(file, out _).WithElsaLevel("s80");
        AssertScoresAsExtracted(loaded.WithElsaExecution(Options(Model()).Execution).Transform(View()), elsa, 2);
        ((IDisposable)loaded).Dispose();
    }

    [TestMethod]
    public void Training_on_an_input_of_float16_is_refused_though_a_column_of_Single_feeds_it()
    {
        var model = TestModels.Mlp();
        model.Graph.Input[0] = TestModels.Value("given", DataType.Float16, ["N", 6]);
        model.Graph.Node.Insert(0, TestModels.Node("Cast", ["given"], "x",
            TestModels.Attribute("to", (int)DataType.Float)));
        var options = new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            ModelBytes = model.ToByteArray(),
            Training = new ElsaTraining(),
        };
        var view = Tests.Data.TestRows.View(_context, 20);
        Assert.StartsWith("Training feeds one float input from a column of Single, but " +
            "this model is fed 'given' float16 [N, 6] from 'Features'",
            Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ElsaSparsify(options).Fit(view)).Message);
    }

    [TestMethod]
    public void A_missing_column_and_an_input_without_one_are_refused_before_rows_move()
    {
        var missing = Options(Model()) with { Inputs = [new("Digits", "x"), new("Words", "ids")] };
        Assert.StartsWith("There is no column 'Digits' to score.",
            Refusal(missing));
        var unfed = Options(Model()) with { Inputs = [new("Numbers", "x")] };
        Assert.StartsWith("The model has 2 inputs:",
            Refusal(unfed));
    }

    string Refusal(ElsaSparsifyOptions options) =>
        Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ElsaSparsify(options).Fit(View())).Message;

    /// <summary>What the first layer gives for all rows by ONNX Runtime: [rows, channels].</summary>
    static float[] Hidden(ElsaTransformer elsa, int level, DataType numbers)
    {
        var model = elsa.Parent.Extract(level);
        model.Graph.Output.Add(TestModels.Value("h", DataType.Float, ["N", Channels]));
        var rows = Data();
        var x = rows.SelectMany(row => row.Numbers).ToArray();
        using var session = new InferenceSession(model.ToByteArray());
        var words = rows.SelectMany(row => row.Words).ToArray();
        using var ids = OrtValue.CreateTensorValueFromMemory(words, [Rows, Tokens]);
        using var values = numbers == DataType.Float
            ? OrtValue.CreateTensorValueFromMemory(x, [Rows, Width])
            : OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(x, value => (Float16)value), [Rows, Width]);
        using var options = new RunOptions();
        using var results = session.Run(options, ["ids", "x"], [ids, values], ["h"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    static (double Mean, double Deviation) Moments(float[] hidden, int channel)
    {
        var values = hidden.Where((_, index) => index % Channels == channel).ToList();
        var mean = values.Average(value => (double)value);
        return (mean, Math.Sqrt(values.Average(value => (value - mean) * (value - mean))));
    }

    static void AssertScoresAsExtracted(IDataView view, ElsaTransformer elsa, int level)
    {
        var scores = view.GetColumn<float[]>("Score").ToList();
        var classes = view.GetColumn<long>("Class").ToList();
        using var session = new InferenceSession(elsa.Parent.Extract(level).ToByteArray());
        using var options = new RunOptions();
        foreach (var (rows, start) in Data().Chunk(Batch).Select((rows, index) => (rows, index * Batch)))
        {
            var words = rows.SelectMany(row => row.Words).ToArray();
            var x = rows.SelectMany(row => row.Numbers).ToArray();
            using var ids = OrtValue.CreateTensorValueFromMemory(words, [Batch, Tokens]);
            using var numbers = OrtValue.CreateTensorValueFromMemory(x, [Batch, Width]);
            using var expected = session.Run(options, ["ids", "x"], [ids, numbers], ["y", "best"]);
            var bits = MemoryMarshal.Cast<float, int>(expected[0].GetTensorDataAsSpan<float>()).ToArray();
            var scored = scores.Skip(start).Take(Batch).SelectMany(row => row);
            Assert.AreSequenceEqual(bits, scored.Select(BitConverter.SingleToInt32Bits));
            var best = expected[1].GetTensorDataAsSpan<long>().ToArray();
            Assert.AreSequenceEqual(best, classes.Skip(start).Take(Batch));
        }
    }

    sealed class Row
    {
        [VectorType(Tokens)] public long[] Words { get; set; } = [];

        [VectorType(Width)] public float[] Numbers { get; set; } = [];

        [KeyType(3)] public uint Label { get; set; }
    }
}
