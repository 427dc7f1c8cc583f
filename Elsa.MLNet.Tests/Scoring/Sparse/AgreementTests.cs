using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Sparse;
using Elsa.MLNet.Tests.Data;
using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring.Sparse;

/// <summary>Sparse execution is used only where its outputs are those of dense execution.</summary>
[TestClass]
public sealed class AgreementTests
{
    static readonly ParentModel Parent = TestParents.Of(TestModels.Model([("x", ["N", TestRows.Size])], [("y", ["N", 3])], DataType.Float,
        [TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", DataType.Float, 1, TestRows.Size, 3)]));

    static readonly ElsaExecutionOptions ByRule = new() { KernelChoice = ElsaKernelChoice.CostModel, BatchSize = 2 };

    [TestMethod]
    public void Kernels_that_compute_something_else_are_not_used_and_the_log_says_so()
    {
        List<string> log = [];
        var right = Score(new ParentLevels(Parent), ByRule, log, out var layers);
        Assert.IsTrue(layers.Single().Kernel == ElsaLayerKernel.Sparse, "The rule runs so many zeros sparse.");
        Assert.DoesNotContain(line => line.Contains("runs dense", StringComparison.Ordinal), log);
        var scores = Score(new FaultyPacks(Parent, weight => weight * 1.001f), ByRule, log, out layers);
        Assert.IsFalse(layers.Single().Kernel == ElsaLayerKernel.Sparse);
        Assert.Contains("differ from those by ONNX Runtime's", layers.Single().Reason);
        Assert.HasCount(1, log.Where(line => line.Contains(
            "Level 1 runs dense: its outputs by Elsa's kernels differ from those by ONNX Runtime's by 1.0e-3 of their norm, more than 1.0e-4.",
            StringComparison.Ordinal)));
        for (var row = 0; row < right.Length; row++)
            for (var i = 0; i < right[row].Length; i++) Assert.AreEqual(right[row][i], scores[row][i], 1e-5f, $"row {row}");
    }

    [TestMethod]
    public void Kernels_that_are_required_and_compute_something_else_are_an_error()
    {
        var options = new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Required };
        var failure = Assert.Throws<NotSupportedException>(
            () => Score(new FaultyPacks(Parent, _ => float.NaN), options, [], out _));
        Assert.Contains("level 1 cannot run by sparse kernels: its outputs by Elsa's kernels differ", failure.Message);
        Assert.Contains("Choose Auto", failure.Message);
    }

    [TestMethod]
    public void A_weight_that_another_node_reads_densely_has_its_zeros_there()
    {
        var parent = TestParents.Of(TestModels.Model([("x", ["N", TestRows.Size])], [("y", ["N", TestRows.Size])], DataType.Float,
            [
                TestModels.Node("MatMul", ["x", "w"], "h"), TestModels.Node("Transpose", ["w"], "t"), TestModels.Node("MatMul", ["h", "t"], "y"),
            ],
            [TestModels.Random("w", DataType.Float, 1, TestRows.Size, TestRows.Size)]));
        var scores = Score(new ParentLevels(parent), new ElsaExecutionOptions { SparseKernels = ElsaSparseKernels.Required }, [], out var layers);
        Assert.AreSequenceEqual([true, false], layers.Select(layer => layer.Kernel == ElsaLayerKernel.Sparse));
        var plain = new TestLevels(parent.Extract(1)).Oracle(0, [.. TestRows.Make(2).Select(row => row.Features)], 2);
        for (var row = 0; row < 2; row++)
            for (var i = 0; i < TestRows.Size; i++) Assert.AreEqual(plain[row][i], scores[row][i], 1e-5f, $"row {row}");
    }

    [TestMethod]
    public void The_difference_is_that_of_norms_where_the_expected_values_are_finite()
    {
        Assert.AreEqual(0, Difference([3f, 4], [3f, 4]));
        Assert.AreEqual(0.1, Difference([3f, 4], [3f, 4.5f])!.Value, 1e-9);
        Assert.AreEqual(0, Difference([float.NaN, 4, float.NegativeInfinity], [1f, 4, 5]));
        Assert.AreEqual(double.PositiveInfinity, Difference([1f, 4], [float.NaN, 4]));
        Assert.AreEqual(double.PositiveInfinity, Difference([0f, 0], [0f, 1e-9f]));
        Assert.AreEqual(double.PositiveInfinity, Difference([1f, 2], [1f]));
    }

    [TestMethod]
    public void Integers_and_texts_are_compared_only_where_no_output_is_floating_point()
    {
        Assert.AreEqual(0.5, Difference([1L, 2], [1L, 3]));
        using OrtValue a = Tensor(1L, 2L), b = Tensor(1L, 3L), c = Tensor(1f), text = Text("a", "b"), other = Text("a", "c");
        Assert.AreEqual(0, Agreement.Difference([a, c], [b, c]));
        Assert.AreEqual(0.5, Agreement.Difference([text], [other]));
        Assert.IsNull(Agreement.Difference([], []));
    }

    static float[][] Score(ILevelModels models, ElsaExecutionOptions options, List<string> log, out IReadOnlyList<ElsaLayerExecution> layers)
    {
        var context = new MLContext(1);
        context.Log += (_, line) => log.Add(line.Message);
        using var transformer = TestRows.Transformer(context, models, options, level: 1);
        var scores = TestRows.Vectors(transformer.Transform(TestRows.View(context, 2)));
        layers = transformer.Execution;
        return scores;
    }

    static double? Difference<T>(T[] expected, T[] actual) where T : unmanaged
    {
        using OrtValue first = Tensor(expected), second = Tensor(actual);
        return Agreement.Difference([first], [second]);
    }

    static OrtValue Tensor<T>(params T[] values) where T : unmanaged => OrtValue.CreateTensorValueFromMemory(values, [values.Length]);

    static OrtValue Text(params string[] values) => OrtValue.CreateFromStringTensor(
        new Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<string>(values, [values.Length]));

    /// <summary>Levels whose packed weights are not theirs, as if a kernel were wrong.</summary>
    sealed class FaultyPacks(ParentModel parent, Func<float, float> fault) : ISparseLevels
    {
        readonly ParentLevels _levels = new(parent);

        public int LevelCount => _levels.LevelCount;

        public NestedMasks Masks => _levels.Masks;

        public ModelProto Extract(int level) => _levels.Extract(level);

        public ModelProto Unmasked(int level) => _levels.Unmasked(level);

        public void Mask(ModelProto model, int level) => _levels.Mask(model, level);

        public string Hash(int level) => _levels.Hash(level);

        public ReadOnlyMemory<byte> Weights(string name)
        {
            var weights = MemoryMarshal.Cast<byte, float>(_levels.Weights(name).Span).ToArray();
            return MemoryMarshal.AsBytes<float>([.. weights.Select(fault)]).ToArray();
        }
    }
}
