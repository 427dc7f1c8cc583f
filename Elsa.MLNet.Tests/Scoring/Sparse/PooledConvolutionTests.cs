using CsCheck;
using Elsa.MLNet.Kernels;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Sparse;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Operators;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring.Sparse;

/// <summary>A sparse convolution that takes up the pool behind it, against ONNX Runtime on the extracted level.</summary>
[TestClass]
public sealed class PooledConvolutionTests
{
    const int Cases = 30;

    public static IEnumerable<object[]> Sets => OperatorRun.InstructionSetsHere();

    /// <summary>Small images go in stacks, large ones in bands of rows; by one thread each image makes its own lines.</summary>
    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Any_shape_gives_what_ONNX_Runtime_gives(object set) => OperatorRun.With((InstructionSet)set, () =>
        Gen.Select(Gen.Int[3, 45], Gen.Int[3, 45], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[0, 15]).Sample(
            (height, width, images, kernel, stride, pool, poolStride, form) =>
            {
                var (pad, poolPad) = (form & 1, pool > 1 ? form >> 1 & 1 : 0);
                if ((Math.Min(height, width) + 2 * pad - kernel) / stride + 1 < pool) return;
                Check([images, 4, height, width], 12, (form & 4) == 0 ? 1 : 2,
                    [OperatorRun.Integers("strides", stride, stride), OperatorRun.Integers("pads", pad, pad, pad, pad)], [kernel, kernel],
                    [
                        OperatorRun.Integers("kernel_shape", pool, pool), OperatorRun.Integers("strides", poolStride, poolStride),
                        OperatorRun.Integers("pads", poolPad, poolPad, poolPad, poolPad), TestModels.Attribute("ceil_mode", form >> 3),
                    ]);
            }, iter: Cases, threads: 1));

    [TestMethod]
    [DynamicData(nameof(Sets))]
    public void Many_channels_of_a_large_image_go_in_several_bands(object set) => OperatorRun.With((InstructionSet)set, () =>
        Check([2, 3, 90, 85], 70, 1, [OperatorRun.Integers("pads", 1, 1, 1, 1)], [3, 3],
            [OperatorRun.Integers("kernel_shape", 3, 2), OperatorRun.Integers("strides", 2, 2), OperatorRun.Integers("dilations", 2, 1), OperatorRun.Integers("pads", 1, 0, 2, 1)]));

    [TestMethod]
    public void Lines_are_pooled_too() =>
        Check([2, 4, 700], 12, 1, [OperatorRun.Integers("pads", 2, 2)], [5], [OperatorRun.Integers("kernel_shape", 3), OperatorRun.Integers("strides", 2)]);

    static void Check(int[] input, int outputs, int groups, AttributeProto[] convolution, int[] kernel, AttributeProto[] pool)
    {
        var model = TestModels.Model([("x", [.. input.Select(size => (object?)size)])], [("y", null)], DataType.Float,
            [
                TestModels.Node("Conv", ["x", "w", "b"], "c", [TestModels.Attribute("group", groups), .. convolution.Select(attribute => attribute.Clone())]),
                TestModels.Node("Relu", ["c"], "r"), TestModels.Node("MaxPool", ["r"], "y", [.. pool.Select(attribute => attribute.Clone())]),
            ],
            [TestModels.Random("w", DataType.Float, 1, [outputs, input[1] / groups, .. kernel]), TestModels.Random("b", DataType.Float, 2, outputs)]);
        var parent = TestParents.Of(model);
        using var packs = new LevelPacks(new ParentLevels(parent));
        var level = parent.Extract(1);
        var x = OperatorRun.Draw(input.Aggregate(1L, (a, b) => a * b), new Random(3));
        var expected = Run(level, x, input);
        foreach (var threads in new[] { 1, 3 })
        {
            var lowered = LayerLowering.Apply(
                level, [.. LayerLowering.Find(level, ["w"], new Dictionary<string, long[]>())], 1, threads, packs.Handle, isTiled: false);
            Assert.AreEqual("SparseConvPool", lowered.Graph.Node.Single().OpType);
            OperatorRun.AreClose([.. expected.Select(value => (double)value)], Run(lowered, x, input), $"[{string.Join(", ", input)}], {threads} threads");
        }
    }

    static float[] Run(ModelProto model, float[] x, int[] shape)
    {
        using var session = SessionOpening.Open(model, new ElsaExecutionOptions { IntraOpNumThreads = 2 });
        using var input = OrtValue.CreateTensorValueFromMemory(x, [.. shape.Select(size => (long)size)]);
        using var options = new RunOptions();
        using var results = session.Run(options, ["x"], [input], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
