using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Fitting;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring.Sparse;

/// <summary>Sparse levels through the transformer, against ONNX Runtime on the extracted level.</summary>
[TestClass]
public sealed class SparseScoringTests
{
    const int Inputs = 40, Outputs = 5;

    static readonly ParentModel Small = TestParents.Of(TestModels.Model([("x", ["N", Inputs])], [("y", ["N", Outputs])], DataType.Float,
        [
            TestModels.Node("Gemm", ["x", "w1", "b1"], "h1"), TestModels.Node("Relu", ["h1"], "r1"),
            TestModels.Node("MatMul", ["r1", "w2"], "h2"), TestModels.Node("Tanh", ["h2"], "y"),
        ],
        [
            TestModels.Random("w1", DataType.Float, 1, Inputs, 64), TestModels.Random("b1", DataType.Float, 2, 64),
            TestModels.Random("w2", DataType.Float, 3, 64, Outputs),
        ]));

    public static IEnumerable<object[]> Options =>
    [
        [new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Required }],
        [new ElsaExecutionOptions { KernelChoice = ElsaKernelChoice.CostModel }],
        [new ElsaExecutionOptions()],
        [new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Off }],
    ];

    [TestMethod]
    [DynamicData(nameof(Options))]
    public void Every_level_scores_as_ONNX_Runtime_scores_the_extracted_level(ElsaExecutionOptions options)
    {
        foreach (var batch in new[] { 1, 3, 12, 70 })
        {
            using var dense = Transformer(Small, options with { BatchSize = batch });
            foreach (var level in Small.Levels)
            {
                using var transformer = dense.WithLevel(level.Index);
                var rows = Rows(77);
                var expected = Plain(Small.Extract(level.Index), rows);
                AreClose(expected, Scores(transformer, rows), $"{options}, {batch} rows, {level.Name}");
            }
        }
    }

    [TestMethod]
    public void Execution_tells_of_each_layer_what_runs_and_why()
    {
        using var dense = Transformer(Small, new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Required });
        using var sparse = dense.WithLevel(1);
        Assert.HasCount(0, sparse.Execution, "Nothing was scored.");
        Scores(sparse, Rows(3));
        Assert.AreSequenceEqual(["Gemm", "MatMul"], sparse.Execution.Select(layer => layer.Operator));
        Assert.IsTrue(sparse.Execution.All(layer => layer.Kernel == ElsaLayerKernel.Sparse && layer.Reason.Contains("required", StringComparison.Ordinal)));
        Assert.AreEqual(1 - (double)Small.Masks["w1"].KeptCount(1) / Small.Masks["w1"].Length, sparse.Execution[0].Sparsity);
        Scores(dense, Rows(3));
        Assert.HasCount(0, dense.Execution, "The dense level runs dense.");
    }

    [TestMethod]
    public void The_fixed_rule_gives_the_same_choice_and_the_same_bits_twice()
    {
        var options = new ElsaExecutionOptions { KernelChoice = ElsaKernelChoice.CostModel };
        var (scores, choices) = (new List<float[][]>(), new List<string>());
        for (var time = 0; time < 2; time++)
        {
            using var dense = Transformer(Small, options);
            using var sparse = dense.WithLevel(Small.Levels.Count - 1);
            scores.Add(Scores(sparse, Rows(70)));
            choices.Add(string.Join(", ", sparse.Execution.Select(layer => $"{layer.Name} {layer.Kernel == ElsaLayerKernel.Sparse}")));
            foreach (var layer in sparse.Execution) Assert.AreEqual(layer.Sparsity >= 0.6, layer.Kernel == ElsaLayerKernel.Sparse, $"{layer}");
        }
        Assert.AreEqual(choices[0], choices[1]);
        for (var row = 0; row < 70; row++) Assert.AreSequenceEqual(scores[0][row], scores[1][row]);
    }

    [TestMethod]
    public void Required_kernels_that_cannot_be_are_refused_with_the_reason()
    {
        var parent = TestParents.Of(TestModels.Model([("x", ["N", 4])], [("y", ["N", 3])], DataType.Double,
            [TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", DataType.Double, 1, 4, 3)]));
        using var dense = Transformer(parent, new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Required });
        using var sparse = dense.WithLevel(1);
        var failure = Assert.Throws<NotSupportedException>(() => Scores(sparse, Rows(3, 4)));
        Assert.Contains("the weight is not float32", failure.Message);
        Assert.Contains("Choose Auto", failure.Message);
        using var automatic = Transformer(parent, new ElsaExecutionOptions());
        using var level = automatic.WithLevel(1);
        Scores(level, Rows(3, 4));
        Assert.IsFalse(level.Execution.Single().Kernel == ElsaLayerKernel.Sparse);
    }

    /// <summary>Each of them made scoring fail, or Required refuse a level that can run.</summary>
    [TestMethod]
    [DataRow("both factors are weights", true)]
    [DataRow("nine dimensions", false)]
    [DataRow("a node's name is another's output", true)]
    [DataRow("a row is a vector, and a constant is a list", false)]
    [DataRow("the output is zero", true)]
    [DataRow("bounds that cross", true)]
    [DataRow("windows with gaps between them", false)]
    public void Unusual_graphs_score_as_ONNX_Runtime_scores_them(string what, bool runsSparse)
    {
        var parent = TestParents.Of(Unusual(what));
        foreach (var options in Options.Select(row => (ElsaExecutionOptions)row[0]))
        {
            if (options.SparseKernels == ElsaSparseKernels.Required && !runsSparse) continue;
            using var dense = Transformer(parent, options with { BatchSize = 5 });
            using var transformer = dense.WithLevel(1);
            var rows = Rows(7, Inputs);
            // A norm of 0 leaves nothing to divide by: then all must be 0.
            var expected = OneByOne(parent.Extract(1), rows);
            if (expected.All(row => row.All(value => value == 0))) Assert.IsTrue(Scores(transformer, rows).All(row => row.All(value => value == 0)), what);
            else AreClose(expected, Scores(transformer, rows), $"{what}, {options}");
        }
    }

    static ModelProto Unusual(string what)
    {
        var w = TestModels.Random("w", DataType.Float, 1, Inputs, Outputs);
        var zero = new TensorProto { Name = "zero", DataType = (int)DataType.Float, FloatData = { 0 } };
        var one = new TensorProto { Name = "one", DataType = (int)DataType.Float, FloatData = { 0.5f } };
        var minus = new TensorProto { Name = "minus", DataType = (int)DataType.Float, FloatData = { -0.25f } };
        object?[] row = ["N", Inputs], score = ["N", Outputs];
        var product = TestModels.Node("MatMul", ["x", "w"], "h");
        switch (what)
        {
            case "both factors are weights":
                return TestModels.Model([("x", row)], [("y", score)], DataType.Float,
                    [TestModels.Node("MatMul", ["a", "b"], "ab"), TestModels.Node("MatMul", ["x", "ab"], "z"), TestModels.Node("MatMul", ["z", "c"], "y")],
                    [TestModels.Random("a", DataType.Float, 1, Inputs, 4), TestModels.Random("b", DataType.Float, 2, 4, 20), TestModels.Random("c", DataType.Float, 3, 20, Outputs)]);
            case "nine dimensions":
                return TestModels.Model([("x", row)], [("y", score)], DataType.Float,
                    [
                        TestModels.Node("Reshape", ["x", "deep"], "d"), TestModels.Node("MatMul", ["d", "w"], "h"),
                        TestModels.Node("Reshape", ["h", "flat"], "y"),
                    ],
                    [w, TestModels.Integers("deep", -1, 1, 1, 1, 1, 1, 1, 1, Inputs), TestModels.Integers("flat", -1, Outputs)]);
            case "a node's name is another's output":
                product.Name = "";
                var relu = TestModels.Node("Relu", ["h"], "r");
                var last = TestModels.Node("Exp", ["r"], "y");
                last.Name = "h";
                relu.Name = "";
                return TestModels.Model([("x", row)], [("y", score)], DataType.Float, [product, relu, last], [w]);
            case "a row is a vector, and a constant is a list":
                var list = new NodeProto { OpType = "Constant", Output = { "list" } };
                list.Attribute.Add(new AttributeProto { Name = "value_floats", Type = AttributeProto.Types.AttributeType.Floats, Floats = { 1, 2, 3, 4, 5 } });
                return TestModels.Model([("x", [Inputs])], [("y", [Outputs])], DataType.Float, [list, product, TestModels.Node("Add", ["h", "list"], "y")], [w]);
            case "the output is zero":
                return TestModels.Model([("x", row)], [("y", score)], DataType.Float,
                    [product, TestModels.Node("Mul", ["h", "zero"], "m"), TestModels.Node("Tanh", ["m"], "y")], [w, zero]);
            case "bounds that cross":
                return TestModels.Model([("x", row)], [("y", score)], DataType.Float, [product, TestModels.Node("Clip", ["h", "one", "minus"], "y")], [w, one, minus]);
            default:
                return TestModels.Model([("x", row)], [("y", [null, null])], DataType.Float,
                    [
                        TestModels.Node("Reshape", ["x", "line"], "l"),
                        TestModels.Node("Conv", ["l", "k"], "c", TestModels.Attribute("group", 1), NodeAttribute.Of("strides", [4L]), NodeAttribute.Of("auto_pad", "SAME_UPPER")),
                        TestModels.Node("Flatten", ["c"], "y"),
                    ],
                    [TestModels.Random("k", DataType.Float, 2, 3, 1, 1), TestModels.Integers("line", -1, 1, Inputs)]);
        }
    }

    [TestMethod]
    [DataRow("mnist-burn-conv-bn.onnx", 784)]
    [DataRow("resnet20-cifar10.onnx", 3072)]
    [DataRow("squeezenet1.1_fp32_from_fp16.onnx", 3 * 224 * 224)]
    [DataRow("mlperftiny-ad01-autoencoder-mlp.onnx", 640)]
    public void Levels_of_public_networks_run_sparse_and_score_as_plain_ONNX_Runtime(string file, int inputs)
    {
        var model = MaskableModel.Read(Shared.Require($"models/{file}"));
        double[] sparsities = [0.5, 0.9];
        var parent = ParentModel.Create(model, new ParentContent
        {
            Masks = ElsaAllocation.Global.Masks(model, ElsaImportance.Magnitude, sparsities),
            LevelNames = ["s50", "s90"],
            Fit = new ElsaFit { Method = "test", Importance = "magnitude", Allocation = "global" },
        });
        using var dense = Transformer(parent, new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Required, BatchSize = 5 });
        foreach (var level in parent.Levels.Skip(1))
        {
            using var transformer = dense.WithLevel(level.Index);
            var rows = Rows(7, inputs);
            AreClose(OneByOne(parent.Extract(level.Index), rows), Scores(transformer, rows), $"{file}, {level.Name}");
            Assert.IsTrue(transformer.Execution.Count(layer => layer.Kernel == ElsaLayerKernel.Sparse) >= 2);
        }
    }

    static ElsaTransformer Transformer(ParentModel parent, ElsaExecutionOptions options) =>
        new(new MLContext(1), parent, options, new ScoringColumns("Score", "Features"), 0);

    static float[][] Rows(int count, int size = Inputs)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, size).Select(_ => random.NextSingle() - 0.5f).ToArray())];
    }

    static float[][] Scores(ElsaTransformer transformer, float[][] rows)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Length);
        var view = new MLContext(1).Data.LoadFromEnumerable(rows.Select(row => new Row { Features = row }).ToList(), schema);
        return [.. transformer.Transform(view).GetColumn<float[]>("Score")];
    }

    static float[][] Plain(ModelProto level, float[][] rows)
    {
        using var session = new InferenceSession(level.ToByteArray());
        using var input = OrtValue.CreateTensorValueFromMemory(rows.SelectMany(row => row).ToArray(), [rows.Length, rows[0].Length]);
        using var options = new RunOptions();
        using var results = session.Run(options, session.InputNames, [input], [session.OutputNames[0]]);
        return [.. results[0].GetTensorDataAsSpan<float>().ToArray().Chunk(Outputs)];
    }

    static float[][] OneByOne(ModelProto level, float[][] rows)
    {
        using var session = new InferenceSession(level.ToByteArray());
        var shape = session.InputMetadata.Values.Single().Dimensions.Select(size => (long)Math.Max(size, 1)).ToArray();
        using var options = new RunOptions();
        return [.. rows.Select(row =>
        {
            using var input = OrtValue.CreateTensorValueFromMemory(row, shape);
            using var results = session.Run(options, session.InputNames, [input], [session.OutputNames[0]]);
            return results[0].GetTensorDataAsSpan<float>().ToArray();
        })];
    }

    static void AreClose(float[][] expected, float[][] actual, string what)
    {
        Assert.HasCount(expected.Length, actual);
        double difference = 0, norm = 0;
        for (var row = 0; row < expected.Length; row++)
            for (var i = 0; i < expected[row].Length; i++)
            {
                difference += Math.Pow(expected[row][i] - actual[row][i], 2);
                norm += Math.Pow(expected[row][i], 2);
            }
        Assert.IsTrue(Math.Sqrt(difference / norm) < 1e-5, $"{what}: relative error {Math.Sqrt(difference / norm)}");
    }

    sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
