using Elsa.MLNet.Data;
using Elsa.MLNet.Kernels;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Sparse;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Kernels;
using Elsa.MLNet.Tests.Operators;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring.Sparse;

/// <summary>Dense convolutions by our kernel, at any level. The count of native bytes is the process's.</summary>
[TestClass]
[DoNotParallelize]
public sealed class WinogradScoringTests
{
    const int Side = 9, Channels = 8, Inputs = Channels * Side * Side;

    static readonly ElsaExecutionOptions Rule = new() { KernelChoice = ElsaKernelChoice.CostModel, BatchSize = 6 };

    static readonly ParentModel Parent = TestParents.Of(TestModels.Model(
        [("x", ["N", Channels, Side, Side])], [("y", ["N", 16, Side, Side])], DataType.Float,
        [
            TestModels.Node("Conv", ["x", "w1", "b1"], "c1", OperatorRun.Integers("pads", 1, 1, 1, 1)),
            TestModels.Node("Add", ["x", "c1"], "a"), TestModels.Node("Relu", ["a"], "r"),
            TestModels.Node("Conv", ["r", "w2"], "c2", NodeAttribute.Of("auto_pad", "SAME_UPPER")), TestModels.Node("Sigmoid", ["c2"], "y"),
        ],
        [Weights("w1", Channels, Channels, 3, 3), Weights("b1", Channels), Weights("w2", 16, Channels, 3, 3)]),
        [0.5, 0.9], ElsaAllocation.Uniform);

    [TestMethod]
    public void Every_level_scores_as_ONNX_Runtime_scores_the_extracted_level()
    {
        using var dense = Transformer(Rule);
        foreach (var level in Parent.Levels)
        {
            using var transformer = dense.WithLevel(level.Index);
            var rows = Rows(11);
            OperatorRun.AreClose([.. Plain(Parent.Extract(level.Index), rows).Select(value => (double)value)], Scores(transformer, rows), level.Name);
            foreach (var layer in transformer.Execution)
            {
                var expected = layer.Sparsity >= 0.8 ? ElsaLayerKernel.Sparse : ElsaLayerKernel.Winograd;
                Assert.AreEqual(expected, layer.Kernel, $"{layer}");
            }
            Assert.HasCount(2, transformer.Execution);
        }
    }

    [TestMethod]
    public void Without_our_kernels_the_dense_level_has_the_bits_of_ONNX_Runtime()
    {
        using var dense = Transformer(new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Off });
        var rows = Rows(5);
        Assert.AreSequenceEqual(Plain(Parent.Extract(0), rows), Scores(dense, rows));
        Assert.HasCount(0, dense.Execution);
        using var required = Transformer(new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Required });
        Assert.AreSequenceEqual(Plain(Parent.Extract(0), rows), Scores(required, rows), "Nothing of the dense level is sparse.");
    }

    [TestMethod]
    public void What_is_timed_is_told_of_both_kernels()
    {
        using var dense = Transformer(new ElsaExecutionOptions { BatchSize = 6 });
        using var sparse = dense.WithLevel(1);
        Scores(dense, Rows(6));
        Scores(sparse, Rows(6));
        Assert.HasCount(2, dense.Execution);
        foreach (var layer in dense.Execution.Concat(sparse.Execution))
        {
            Assert.IsGreaterThan(0, layer.DenseMicroseconds!.Value);
            Assert.IsGreaterThan(0, layer.WinogradMicroseconds!.Value);
        }
        Assert.IsTrue(dense.Execution.All(layer => layer.SparseMicroseconds is null && layer.Kernel != ElsaLayerKernel.Sparse));
        Assert.IsTrue(sparse.Execution.All(layer => layer.SparseMicroseconds > 0));
    }

    [TestMethod]
    public void Packed_weights_are_freed_with_the_transformer()
    {
        var before = LiveBytes.Settled();
        for (var cycle = 0; cycle < 3; cycle++)
        {
            using var dense = Transformer(Rule);
            Scores(dense, Rows(6));
            Assert.IsGreaterThan(before, NativeBlock.LiveBytes);
        }
        Assert.AreEqual(before, NativeBlock.LiveBytes);
    }

    [TestMethod]
    [DataRow(8, 16, 3, 1, 1, 1, true)]
    [DataRow(7, 16, 3, 1, 1, 1, false)]
    [DataRow(8, 7, 3, 1, 1, 1, false)]
    [DataRow(8, 16, 1, 1, 1, 1, false)]
    [DataRow(8, 16, 3, 2, 1, 1, false)]
    [DataRow(8, 16, 3, 1, 2, 1, false)]
    [DataRow(8, 16, 3, 1, 1, 2, false)]
    public void It_is_a_way_of_3x3_convolutions_of_many_channels_without_strides_dilations_and_groups(
        int inputs, int outputs, int kernel, int stride, int dilation, int groups, bool expected)
    {
        var model = TestModels.Model([("x", [1, inputs, 20, 20])], [("y", ["N"])], DataType.Float,
            [
                TestModels.Node("Conv", ["x", "w"], "y", OperatorRun.Integers("strides", stride, stride),
                    OperatorRun.Integers("dilations", dilation, dilation), TestModels.Attribute("group", groups)),
            ],
            [Weights("w", outputs, inputs / groups, kernel, kernel)]);
        var layer = LayerLowering.Find(model, ["w"], new Dictionary<string, long[]>()).Single();
        Assert.AreEqual(expected, layer.Winograd is not null);
        Assert.HasCount(expected ? 1 : 0, layer.Ways(0));
        Assert.HasCount(expected ? 2 : 1, layer.Ways(1));
    }

    static ElsaTransformer Transformer(ElsaExecutionOptions options) =>
        new(new MLContext(1), Parent, options with { IntraOpNumThreads = 1 }, new ScoringColumns("Score", "Features"), 0);

    static float[][] Rows(int count)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(_ => OperatorRun.Draw(Inputs, random))];
    }

    static float[] Scores(ElsaTransformer transformer, float[][] rows)
    {
        var view = new MLContext(1).Data.LoadFromEnumerable(rows.Select(row => new Row { Features = row }).ToList());
        return [.. transformer.Transform(view).GetColumn<float[]>("Score").SelectMany(score => score)];
    }

    static float[] Plain(ModelProto level, float[][] rows)
    {
        using var session = SessionOpening.Open(level, new ElsaExecutionOptions { IntraOpNumThreads = 1 });
        using var input = OrtValue.CreateTensorValueFromMemory(rows.SelectMany(row => row).ToArray(), [rows.Length, Channels, Side, Side]);
        using var options = new RunOptions();
        using var results = session.Run(options, ["x"], [input], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    static TensorProto Weights(string name, params int[] shape) => TestModels.Random(name, DataType.Float, name[^1], shape);

    sealed class Row
    {
        [VectorType(Inputs)] public float[] Features { get; set; } = [];
    }
}
