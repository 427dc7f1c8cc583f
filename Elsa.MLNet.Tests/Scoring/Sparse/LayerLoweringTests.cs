using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Scoring.Sparse;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Operators;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring.Sparse;

/// <summary>A lowered level computes what ONNX Runtime computes with the extracted one.</summary>
[TestClass]
public sealed class LayerLoweringTests
{
    [TestMethod]
    [DataRow(0, 0)]
    [DataRow(0, 1)]
    [DataRow(1, 0)]
    [DataRow(1, 1)]
    public void Gemm_with_bias_factors_and_Relu_is_one_node(int transA, int transB) => IsOneNode(
        TestModels.Model([("x", transA == 1 ? [7, 5] : [5, 7])], [("y", [5, 6])], DataType.Float,
            [
                TestModels.Node("Gemm", ["x", "w", "b"], "h", TestModels.Attribute("transA", transA), TestModels.Attribute("transB", transB),
                    OperatorRun.Real("alpha", 0.5f), OperatorRun.Real("beta", 2)),
                TestModels.Node("Relu", ["h"], "y"),
            ],
            [transB == 1 ? Weights("w", 6, 7) : Weights("w", 7, 6), Weights("b", 6)]),
        transA == 1 ? [7, 5] : [5, 7], [5, 6]);

    [TestMethod]
    public void MatMul_with_the_weight_on_the_left_is_one_node() => IsOneNode(
        TestModels.Model([("x", [3, 7, 4])], [("y", [3, 6, 4])], DataType.Float,
            [TestModels.Node("MatMul", ["w", "x"], "h"), TestModels.Node("Sigmoid", ["h"], "y")], [Weights("w", 6, 7)]),
        [3, 7, 4], [3, 6, 4]);

    [TestMethod]
    public void MatMul_of_a_batch_with_bias_is_one_node() => IsOneNode(
        TestModels.Model([("x", [3, 2, 7])], [("y", [3, 2, 6])], DataType.Float,
            [TestModels.Node("MatMul", ["x", "w"], "h"), TestModels.Node("Add", ["b", "h"], "y")], [Weights("w", 7, 6), Weights("b", 6)]),
        [3, 2, 7], [3, 2, 6]);

    [TestMethod]
    public void Convolution_with_normalisation_a_residual_and_Clip_is_one_node() => IsOneNode(
        TestModels.Model([("x", [2, 4, 5, 6])], [("y", [2, 4, 5, 6])], DataType.Float,
            [
                TestModels.Node("Conv", ["x", "w", "b"], "c", OperatorRun.Integers("pads", 1, 1, 1, 1), TestModels.Attribute("group", 2)),
                TestModels.Node("BatchNormalization", ["c", "s", "t", "m", "v"], "n"),
                TestModels.Node("Add", ["x", "n"], "a"),
                TestModels.Node("Clip", ["a", "least", "most"], "y"),
            ],
            [
                Weights("w", 4, 2, 3, 3), Weights("b", 4), Weights("s", 4), Weights("t", 4), Weights("m", 4),
                Floats("v", [0.5f, 1, 2, 3], 4), Floats("least", [-0.5f]), Floats("most", [0.5f]),
            ]),
        [2, 4, 5, 6], [2, 4, 5, 6]);

    [TestMethod]
    public void A_convolution_over_lines_with_stride_and_same_padding_is_one_node() => IsOneNode(
        TestModels.Model([("x", [2, 3, 11])], [("y", [2, 4, 6])], DataType.Float,
            [TestModels.Node("Conv", ["x", "w"], "y", OperatorRun.Integers("strides", 2), NodeAttribute.Of("auto_pad", "SAME_LOWER"))],
            [Weights("w", 4, 3, 4)]),
        [2, 3, 11], [2, 4, 6]);

    [TestMethod]
    public void A_value_that_is_an_output_too_is_not_fused()
    {
        var model = TestModels.Model([("x", [5, 7])], [("h", [5, 6]), ("y", [5, 6])], DataType.Float,
            [TestModels.Node("MatMul", ["x", "w"], "h"), TestModels.Node("Relu", ["h"], "y")], [Weights("w", 7, 6)]);
        Assert.HasCount(2, Lower(model, [5, 6]).Graph.Node);
    }

    [TestMethod]
    [DataRow(8, false, 0)]
    [DataRow(8, true, 1)]
    [DataRow(9, false, 1)]
    [DataRow(64, false, 1)]
    [DataRow(130, true, 1)]
    public void Products_of_many_rows_hand_a_matrix_over_as_tiles_have_it(int rows, bool isTiled, int handed)
    {
        var model = TestModels.Model([("x", [rows, 7])], [("y", [rows, 5])], DataType.Float,
            [
                TestModels.Node("Gemm", ["x", "w", "b"], "p"), TestModels.Node("Relu", ["p"], "h"),
                TestModels.Node("MatMul", ["h", "v"], "y"),
            ],
            [Weights("w", 7, 6), Weights("b", 6), Weights("v", 6, 5)]);
        model.Graph.ValueInfo.Add(TestModels.Value("h", DataType.Float, [rows, 6]));
        var lowered = AreAlike(model, new() { ["x"] = [rows, 7], ["p"] = [rows, 6], ["h"] = [rows, 6], ["y"] = [rows, 5] }, isTiled);
        Assert.HasCount(2, lowered.Graph.Node);
        Assert.AreEqual(handed, NodeAttribute.Whole(lowered.Graph.Node[0], "trans_y", 0));
        Assert.AreEqual(handed, NodeAttribute.Whole(lowered.Graph.Node[1], "trans_x", 0));
        Assert.HasCount(1 - handed, lowered.Graph.ValueInfo);
    }

    [TestMethod]
    public void A_matrix_that_something_else_reads_is_not_handed_over_turned()
    {
        var model = TestModels.Model([("x", [20, 7])], [("y", [20, 6])], DataType.Float,
            [
                TestModels.Node("MatMul", ["x", "w"], "h"), TestModels.Node("MatMul", ["h", "v"], "p"),
                TestModels.Node("Add", ["p", "h"], "y"),
            ],
            [Weights("w", 7, 6), Weights("v", 6, 6)]);
        var lowered = AreAlike(model, new() { ["x"] = [20, 7], ["h"] = [20, 6], ["p"] = [20, 6], ["y"] = [20, 6] });
        Assert.HasCount(2, lowered.Graph.Node);
        Assert.DoesNotContain("trans_y", lowered.Graph.Node.SelectMany(node => node.Attribute).Select(attribute => attribute.Name));
    }

    /// <summary>Their order in the graph is not that of the channels; a pool follows, so that the whole is no output.</summary>
    [TestMethod]
    [DataRow(1, false)]
    [DataRow(-3, false)]
    [DataRow(1, true)]
    public void Convolutions_write_the_channels_that_a_Concat_would_put_together(int axis, bool isOutput)
    {
        var model = TestModels.Model([("x", [3, 4, 18, 37])], [("y", isOutput ? [3, 11, 18, 37] : [3, 11, 9, 19])], DataType.Float,
            [
                TestModels.Node("Conv", ["x", "w1", "b1"], "c1"),
                TestModels.Node("Conv", ["x", "w2"], "c2", OperatorRun.Integers("pads", 1, 1, 1, 1)),
                TestModels.Node("Relu", ["c2"], "r2"),
                TestModels.Node("Conv", ["x", "w3"], "c3", OperatorRun.Integers("pads", 2, 2, 2, 2)),
                TestModels.Node("Concat", ["r2", "c3", "c1"], isOutput ? "y" : "all", TestModels.Attribute("axis", axis)),
                .. isOutput ? Array.Empty<NodeProto>() :
                [
                    TestModels.Node("MaxPool", ["all"], "y", OperatorRun.Integers("kernel_shape", 2, 3), OperatorRun.Integers("strides", 2, 2),
                        TestModels.Attribute("ceil_mode", 1), OperatorRun.Integers("pads", 0, 1, 0, 1)),
                ],
            ],
            [Weights("w1", 3, 4, 1, 1), Weights("b1", 3), Weights("w2", 6, 4, 3, 3), Weights("w3", 2, 4, 5, 5)]);
        model.Graph.ValueInfo.Add(TestModels.Value("c1", DataType.Float, [3, 3, 18, 37]));
        var lowered = AreAlike(model, new() { ["x"] = [3, 4, 18, 37] });
        Assert.AreSequenceEqual(
            ["SparseConv", "SparseConv", "SparseConv", .. isOutput ? Array.Empty<string>() : ["MaxPool"]],
            lowered.Graph.Node.Select(node => node.OpType).ToArray());
        Assert.IsTrue(lowered.Graph.Node.All(node => node.Domain == "ai.elsa"));
        Assert.IsEmpty(lowered.Graph.ValueInfo);
    }

    [TestMethod]
    [DataRow("another reads a part", 1, "r", "c1", "c2")]
    [DataRow("rows are put together", 2, null, "c1", "c2")]
    [DataRow("a part is no convolution's", 1, null, "c1", "x")]
    [DataRow("a part comes twice", 1, null, "c1", "c1")]
    public void A_Concat_stays_where(string what, int axis, string? reader, params string[] parts)
    {
        var model = TestModels.Model([("x", [2, 4, 5, 6])], [("y", null)], DataType.Float,
            [
                TestModels.Node("Conv", ["x", "w1"], "c1"), TestModels.Node("Conv", ["x", "w2"], "c2"),
                TestModels.Node("Concat", parts, "all", TestModels.Attribute("axis", axis)),
                TestModels.Node("Exp", ["c1"], "r"), TestModels.Node("ReduceMean", ["r"], "m"),
                TestModels.Node("Add", ["all", reader is null ? "one" : "m"], "y"),
            ],
            [Weights("w1", 4, 4, 1, 1), Weights("w2", 4, 4, 1, 1), Floats("one", [1])]);
        if (reader is null)
        {
            foreach (var node in model.Graph.Node.Where(node => node.OpType is "Exp" or "ReduceMean").ToList()) model.Graph.Node.Remove(node);
        }
        var lowered = AreAlike(model, new() { ["x"] = [2, 4, 5, 6] });
        Assert.Contains("Concat", lowered.Graph.Node.Select(node => node.OpType), what);
    }

    [TestMethod]
    public void A_pool_with_places_or_of_another_value_stays_ONNX_Runtimes()
    {
        var window = OperatorRun.Integers("kernel_shape", 2, 2);
        var model = TestModels.Model([("x", [2, 4, 8, 9])], [("y", null)], DataType.Float,
            [
                TestModels.Node("MaxPool", ["x"], "p", window), TestModels.Node("Conv", ["p", "w"], "c"),
                TestModels.Node("MaxPool", ["c"], "q", window), TestModels.Node("Cast", ["places"], "f", TestModels.Attribute("to", 1)),
                TestModels.Node("Add", ["q", "f"], "y"),
            ],
            [Weights("w", 4, 4, 1, 1)]);
        model.Graph.Node[2].Output.Add("places");
        var lowered = AreAlike(model, new() { ["x"] = [2, 4, 8, 9] });
        Assert.AreSequenceEqual(["", "ai.elsa", "", "", ""], lowered.Graph.Node.Select(node => node.Domain).ToArray());
    }

    [TestMethod]
    public void A_depthwise_convolution_stays_dense_and_says_so()
    {
        var model = TestModels.Model([("x", [1, 4, 5, 5])], [("y", [1, 4, 3, 3])], DataType.Float,
            [TestModels.Node("Conv", ["x", "w"], "y", TestModels.Attribute("group", 4))], [Weights("w", 4, 1, 3, 3)]);
        var layer = LayerLowering.Find(model, ["w"], new Dictionary<string, long[]>()).Single();
        Assert.AreEqual("a depthwise convolution", layer.Reason);
    }

    /// <summary>Of 64 channels each of the window's 1,024 columns reads a line of its own.</summary>
    [TestMethod]
    [DataRow(4096, 0, null)]
    [DataRow(4097, 0, "the lines that its taps read would take more than a gibibyte for an image")]
    [DataRow(1024, 3, null)]
    [DataRow(1024, 4, "the lines that its taps read would take more than a gibibyte for an image")]
    public void A_convolution_whose_lines_would_fill_the_memory_stays_dense_and_says_so(int columns, int rows, string? reason)
    {
        // Two rows of taps reach one row further.
        long[] output = rows == 0 ? [1, 1, columns] : [1, 1, rows, columns];
        var weights = rows == 0 ? Weights("w", 1, 64, 1024) : Weights("w", 1, 64, 2, 1024);
        var model = TestModels.Model([("x", null)], [("y", null)], DataType.Float, [TestModels.Node("Conv", ["x", "w"], "y")], [weights]);
        var layer = LayerLowering.Find(model, ["w"], new Dictionary<string, long[]> { ["y"] = output }).Single();
        Assert.AreEqual(reason, layer.Reason);
    }

    static void IsOneNode(ModelProto model, long[] input, long[] output)
    {
        var parent = TestParents.Of(model);
        using (var packs = new LevelPacks(new ParentLevels(parent)))
        {
            var level = parent.Extract(1);
            var layers = LayerLowering.Find(level, parent.Masks.TensorNames, Shapes(level, output));
            var lowered = LayerLowering.Apply(level, [.. layers], 1, 2, packs.Handle, isTiled: false);
            Assert.HasCount(1, lowered.Graph.Node, string.Join("; ", layers.Select(layer => layer.Reason)));
            Assert.DoesNotContain("w", lowered.Graph.Initializer.Select(tensor => tensor.Name));
            var x = OperatorRun.Draw(input.Aggregate(1L, (a, b) => a * b), new Random(3));
            OperatorRun.AreClose([.. Run(level, x, input).Select(value => (double)value)], Run(lowered, x, input), "lowered");
        }
    }

    static ModelProto AreAlike(ModelProto model, Dictionary<string, long[]> shapes, bool isTiled = false)
    {
        var parent = TestParents.Of(model);
        using var packs = new LevelPacks(new ParentLevels(parent));
        var level = parent.Extract(1);
        var lowered = LayerLowering.Apply(
            level, [.. LayerLowering.Find(level, parent.Masks.TensorNames, shapes)], 1, 2, packs.Handle, isTiled);
        var x = OperatorRun.Draw(shapes["x"].Aggregate(1L, (a, b) => a * b), new Random(3));
        OperatorRun.AreClose([.. Run(level, x, shapes["x"]).Select(value => (double)value)], Run(lowered, x, shapes["x"]), "lowered");
        return lowered;
    }

    static ModelProto Lower(ModelProto model, long[] output)
    {
        var parent = TestParents.Of(model);
        using var packs = new LevelPacks(new ParentLevels(parent));
        var level = parent.Extract(1);
        return LayerLowering.Apply(level, [.. LayerLowering.Find(level, ["w"], Shapes(level, output))], 1, 2, packs.Handle, isTiled: false);
    }

    // Every value of these graphs has the output's shape.
    static Dictionary<string, long[]> Shapes(ModelProto model, long[] output) =>
        model.Graph.Node.SelectMany(node => node.Output).Append("x").Distinct().ToDictionary(name => name, _ => output);

    static float[] Run(ModelProto model, float[] x, long[] shape)
    {
        using var session = SessionOpening.Open(model, new ElsaExecutionOptions());
        using var input = OrtValue.CreateTensorValueFromMemory(x, shape);
        using var options = new RunOptions();
        using var results = session.Run(options, ["x"], [input], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    static TensorProto Weights(string name, params int[] shape) => TestModels.Random(name, DataType.Float, name[0], shape);

    static TensorProto Floats(string name, float[] values, params long[] shape) =>
        new() { Name = name, DataType = (int)DataType.Float, Dims = { shape }, FloatData = { values } };
}
