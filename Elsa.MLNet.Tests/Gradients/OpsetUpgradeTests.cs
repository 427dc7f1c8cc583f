using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Graph;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML.OnnxRuntime;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Gradients;

[TestClass]
public sealed class OpsetUpgradeTests
{
    [TestMethod]
    [DataRow("mnist-8")]
    [DataRow("ultraface-slim-320")]
    [DataRow("super-resolution-10")]
    [DataRow("squeezenet1.1_fp32_from_fp16")]
    [DataRow("resnet20-cifar10")]
    [DataRow("mnist-burn-conv-bn")]
    [DataRow("mlperftiny-ad01-autoencoder-mlp")]
    [DataRow("mlperftiny-mobilenetv1-0.25-vww96")]
    [DataRow("arthur-transformer-lm")]
    public void Real_networks_compute_the_same_after_the_upgrade(string name)
    {
        var model = ModelProto.Parser.ParseFromFile(Shared.Require($"models/{name}.onnx"));
        var expected = ModelRun.AsWritten(model);
        var found = ModelRun.AsWritten(UpgradeCheck.Upgraded(model));
        Assert.HasCount(expected.Count, found);
        for (var index = 0; index < expected.Count; index++)
            Assert.IsTrue(expected[index].AsSpan().SequenceEqual(found[index]), $"Output {index} has other bits.");
    }

    [TestMethod]
    public void A_network_in_half_precision_agrees_to_that_precision()
    {
        // ONNX Runtime has half-precision kernels for some opsets and converts to float32 for others, which rounds differently.
        var model = ModelProto.Parser.ParseFromFile(Shared.Require("models/squeezenet1.1_fp16.onnx"));
        var (expected, found) = (Halves(model), Halves(UpgradeCheck.Upgraded(model)));
        Assert.HasCount(1000, expected);
        foreach (var (before, after) in expected.Zip(found))
            Assert.AreEqual((double)before, (double)after, 0.01 * Math.Abs((double)before) + 1e-5);

        static Half[] Halves(ModelProto model) => MemoryMarshal.Cast<byte, Half>(ModelRun.AsWritten(model).Single()).ToArray();
    }

    [TestMethod]
    [DataRow(7)]
    [DataRow(10)]
    public void Clip_keeps_its_bounds(int opset)
    {
        Same(opset, "Clip", NodeAttribute.Of("min", -0.5f), NodeAttribute.Of("max", 0.25f));
        Same(opset, "Clip", NodeAttribute.Of("max", 0.25f));
        Same(opset, "Clip");
    }

    [TestMethod]
    [DataRow("Softmax", 7)]
    [DataRow("LogSoftmax", 9)]
    [DataRow("Hardmax", 11)]
    [DataRow("Softmax", 12)]
    public void Softmax_and_its_kin_work_on_the_same_matrix(string operatorType, int opset)
    {
        Same(opset, operatorType);
        for (var axis = 0; axis < 4; axis++) Same(opset, operatorType, NodeAttribute.Of("axis", axis));
        if (opset < 11) return;
        for (var axis = -4; axis < 0; axis++) Same(opset, operatorType, NodeAttribute.Of("axis", axis));
    }

    [TestMethod]
    public void Softmax_along_the_last_axis_stays_one_node()
    {
        var model = TestModels.Model([("x", [2, 5])], [("y", [2, 5])], DataType.Float, [TestModels.Node("Softmax", ["x"], "y")], [], opset: 7);
        var upgraded = UpgradeCheck.Upgraded(model);
        Assert.AreEqual(-1, upgraded.Graph.Node.Single().Attribute.Single().I);
    }

    [TestMethod]
    [DataRow(7)]
    [DataRow(9)]
    [DataRow(10)]
    public void Dropout_keeps_its_data_and_the_type_of_its_mask(int opset)
    {
        var graph = new TestGraph(opset: opset);
        Check(graph, graph.Nodes("Dropout", [graph.Input([2, 3])], 2, NodeAttribute.Of("ratio", 0.3f)));
        Same(opset, "Dropout");
    }

    [TestMethod]
    [DataRow("ReduceSum", 11)]
    [DataRow("ReduceMean", 7)]
    [DataRow("ReduceMax", 12)]
    [DataRow("ReduceL2", 13)]
    [DataRow("ReduceSumSquare", 17)]
    public void Reductions_keep_their_axes(string operatorType, int opset)
    {
        Same(opset, operatorType, NodeAttribute.Of("axes", [1, 3]), NodeAttribute.Of("keepdims", 0));
        Same(opset, operatorType);
    }

    [TestMethod]
    public void Squeeze_and_Unsqueeze_keep_their_axes()
    {
        var graph = new TestGraph(opset: 11);
        var wide = graph.Node("Unsqueeze", [graph.Input([2, 1, 3])], NodeAttribute.Of("axes", [0, 4]));
        Check(graph, [wide, graph.Node("Squeeze", [wide], NodeAttribute.Of("axes", [2])), graph.Node("Squeeze", [wide])]);
    }

    [TestMethod]
    [DataRow(7)]
    [DataRow(12)]
    public void Split_keeps_its_sizes(int opset)
    {
        var graph = new TestGraph(opset: opset);
        var data = graph.Input([6, 2]);
        Check(graph, [.. graph.Nodes("Split", [data], 2, NodeAttribute.Of("split", [1, 5])), .. graph.Nodes("Split", [data], 3)]);
    }

    [TestMethod]
    [DataRow(13)]
    [DataRow(17)]
    public void Split_with_and_without_an_input_of_sizes_keeps_them(int opset)
    {
        var graph = new TestGraph(opset: opset);
        var data = graph.Input([6, 2]);
        Check(graph, [.. graph.Nodes("Split", [data, graph.Wholes(1, 5)], 2), .. graph.Nodes("Split", [data], 3)]);
    }

    [TestMethod]
    public void Slice_keeps_its_bounds()
    {
        Same(7, "Slice", NodeAttribute.Of("starts", [1, -2]), NodeAttribute.Of("ends", [9, 9]), NodeAttribute.Of("axes", [1, 3]));
        Same(9, "Slice", NodeAttribute.Of("starts", [0, 1]), NodeAttribute.Of("ends", [1, -1]));
    }

    [TestMethod]
    [DataRow("constant")]
    [DataRow("reflect")]
    [DataRow("edge")]
    public void Pad_keeps_what_it_pads(string mode)
    {
        Same(7, "Pad", NodeAttribute.Of("pads", [0, 0, 1, 2, 0, 0, 2, 1]), NodeAttribute.Of("mode", mode), NodeAttribute.Of("value", 0.5f));
        Same(10, "Pad", NodeAttribute.Of("pads", [0, 1, 0, 0, 0, 0, 1, 1]), NodeAttribute.Of("mode", mode));
    }

    [TestMethod]
    [DataRow("nearest", 2f, 3f)]
    [DataRow("nearest", 0.6f, 0.5f)]
    [DataRow("nearest", 0.6f, 2.5f)]
    [DataRow("linear", 2f, 1.5f)]
    [DataRow("linear", 0.6f, 0.5f)]
    public void Resize_of_opset_10_and_Upsample_take_the_same_elements(string mode, float height, float width)
    {
        var graph = new TestGraph(opset: 10);
        var data = graph.Input([1, 2, 5, 4]);
        var scales = graph.Numbers([1, 1, height, width], 4);
        var computed = graph.Node("Concat", [graph.Numbers([1, 1], 2), graph.Numbers([height, width], 2)], NodeAttribute.Of("axis", 0));
        Check(graph, [graph.Node("Resize", [data, scales], NodeAttribute.Of("mode", mode)),
            graph.Node("Resize", [data, computed], NodeAttribute.Of("mode", mode))]);
        if (height < 1 || width < 1) return;

        var nine = new TestGraph(opset: 9);
        Check(nine, [nine.Node("Upsample", [nine.Input([1, 2, 5, 4]), nine.Numbers([1, 1, height, width], 4)], NodeAttribute.Of("mode", mode))]);
        var values = new AttributeProto { Name = "scales", Type = AttributeProto.Types.AttributeType.Floats, Floats = { 1, 1, height, width } };
        Same(7, "Upsample", values, NodeAttribute.Of("mode", mode));
    }

    [TestMethod]
    [DataRow("half_pixel", "nearest")]
    [DataRow("pytorch_half_pixel", "linear")]
    [DataRow("align_corners", "linear")]
    [DataRow("asymmetric", "nearest")]
    [DataRow("half_pixel", "cubic")]
    public void Resize_of_opset_11_keeps_its_transformation_with_scales_and_with_sizes(string transformation, string mode)
    {
        var graph = new TestGraph(opset: 11);
        var (data, none) = (graph.Input([1, 2, 5, 4]), graph.Numbers([], 0));
        AttributeProto[] attributes() => [NodeAttribute.Of("mode", mode), NodeAttribute.Of("coordinate_transformation_mode", transformation)];
        Check(graph, [graph.Node("Resize", [data, none, graph.Numbers([1, 1, 1.6f, 2], 4)], attributes()),
            graph.Node("Resize", [data, none, none, graph.Wholes(1, 2, 7, 3)], attributes())]);
    }

    [TestMethod]
    public void TopK_Scatter_and_BatchNormalization_keep_what_they_do()
    {
        var graph = new TestGraph(opset: 9);
        var data = graph.Input([2, 4]);
        Check(graph, graph.Nodes("TopK", [data], 2, NodeAttribute.Of("k", 3), NodeAttribute.Of("axis", 1)));
        Check(graph, [graph.Node("Scatter", [data, graph.Node("Reshape", [graph.Wholes(1, 3), graph.Wholes(1, 2)]), graph.Input([1, 2])], NodeAttribute.Of("axis", 1))]);

        var normal = new TestGraph(opset: 7);
        var positive = normal.Input([3], 0.5, 1);
        Check(normal, [normal.Node("BatchNormalization", [normal.Input([2, 3, 2, 2]), positive, normal.Input([3]), normal.Input([3]), positive],
            NodeAttribute.Of("spatial", 1), NodeAttribute.Of("momentum", 0.8f))]);
    }

    [TestMethod]
    public void RoiAlign_keeps_its_coordinates()
    {
        var graph = new TestGraph(opset: 10);
        var regions = graph.Numbers([0, 0, 3.5f, 2.5f, 1, 1, 3, 3], 2, 4);
        Check(graph, [graph.Node("RoiAlign", [graph.Input([1, 2, 6, 6]), regions, graph.Wholes(0, 0)],
            NodeAttribute.Of("output_height", 2), NodeAttribute.Of("output_width", 3))]);
    }

    [TestMethod]
    public void Nodes_inside_branches_are_upgraded_too()
    {
        var model = TestModels.Model([("x", [2, 3])], [("y", null)], DataType.Float, [], [], opset: 10);
        var condition = new TensorProto { Name = "c", DataType = (int)DataType.Bool, Int32Data = { 1 } };
        model.Graph.Initializer.Add(condition);
        var node = TestModels.Node("If", ["c"], "y");
        foreach (var (branch, highest) in new[] { ("then_branch", 0.25f), ("else_branch", 0.75f) })
        {
            var inner = new GraphProto { Name = branch, Node = { TestModels.Node("Clip", ["x"], branch + "_y", NodeAttribute.Of("max", highest)) } };
            inner.Output.Add(TestModels.Value(branch + "_y", DataType.Float, [2, 3]));
            node.Attribute.Add(new AttributeProto { Name = branch, Type = AttributeProto.Types.AttributeType.Graph, G = inner });
        }
        model.Graph.Node.Add(node);
        UpgradeCheck.SameOutputs(model, new Dictionary<string, TensorProto> { ["x"] = TestModels.Random("x", DataType.Float, 1, 2, 3) }, "If");
    }

    [TestMethod]
    public void Half_precision_bounds_keep_their_type()
    {
        var model = TestModels.Model([("x", [2, 3])], [("y", [2, 3])], DataType.Float16, [TestModels.Node("Clip", ["x"], "y", NodeAttribute.Of("max", 0.25f))], [], opset: 7);
        // ONNX Runtime has no such Clip at opset 7, so the oracle is the one of opset 13.
        var later = TestModels.Model([("x", [2, 3])], [("y", [2, 3])], DataType.Float16, [TestModels.Node("Clip", ["x", "", "high"], "y")],
            [new TensorProto { Name = "high", DataType = (int)DataType.Float16, Int32Data = { BitConverter.HalfToUInt16Bits((Half)0.25f) } }], opset: 13);
        var inputs = new Dictionary<string, TensorProto> { ["x"] = TestModels.Random("x", DataType.Float16, 1, 2, 3) };
        UpgradeCheck.Same(UpgradeCheck.Outputs(later, inputs), UpgradeCheck.Outputs(UpgradeCheck.Upgraded(model), inputs), "Clip");
    }

    [TestMethod]
    public void Initializers_that_are_inputs_of_an_old_file_stay_constant()
    {
        var model = TestModels.Model([("x", [1, 4]), ("w", [4, 3])], [("y", [1, 3])], DataType.Float,
            [TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", DataType.Float, 1, 4, 3)], opset: 8);
        model.IrVersion = 3;
        var upgraded = UpgradeCheck.Upgraded(model);
        Assert.AreEqual("x", upgraded.Graph.Input.Single().Name);
        Assert.IsGreaterThanOrEqualTo(8L, upgraded.IrVersion);
    }

    [TestMethod]
    public void A_model_of_opset_18_or_later_is_left_alone()
    {
        var model = TestModels.Model([("x", [1, 4])], [("y", [1, 4])], DataType.Float, [TestModels.Node("Relu", ["x"], "y")], [], opset: 19);
        var before = model.Clone();
        OpsetUpgrade.Apply(model);
        Assert.AreEqual(before, model);
    }

    [TestMethod]
    [DataRow("Relu", 6, "opset 6")]
    [DataRow("Scan", 8, "Scan")]
    [DataRow("Crop", 9, "experimental")]
    public void What_cannot_be_upgraded_is_named(string operatorType, int opset, string named)
    {
        var model = TestModels.Model([("x", [1, 4])], [("y", [1, 4])], DataType.Float, [TestModels.Node(operatorType, ["x"], "y")], [], opset: opset);
        Assert.Contains(named, Assert.ThrowsExactly<NotSupportedException>(() => OpsetUpgrade.Apply(model)).Message);
    }

    [TestMethod]
    public void Normalisation_of_single_elements_or_in_training_is_refused()
    {
        foreach (var (outputs, spatial) in new[] { (1, 0L), (5, 1L) })
        {
            var graph = new TestGraph(opset: 7);
            var side = graph.Input([3]);
            graph.Nodes("BatchNormalization", [graph.Input([2, 3]), side, side, side, side], outputs, NodeAttribute.Of("spatial", spatial));
            Assert.Contains("BatchNormalization", Assert.ThrowsExactly<NotSupportedException>(() => OpsetUpgrade.Apply(graph.Model())).Message);
        }
    }

    [TestMethod]
    public void A_model_without_standard_operators_is_refused()
    {
        var model = TestModels.Model([], [], DataType.Float, [], []);
        model.OpsetImport.Clear();
        Assert.Contains("no opset", Assert.ThrowsExactly<NotSupportedException>(() => OpsetUpgrade.Apply(model)).Message);
    }

    [TestMethod]
    public void The_operator_tests_of_ONNX_give_the_same_outputs_after_the_upgrade()
    {
        var (ran, wrong) = (0, new List<string>());
        foreach (var (name, model, inputs) in OnnxFiles.OperatorTestsWithInputs())
        {
            if (model.OpsetImport.SingleOrDefault(opset => opset.Domain is "" or "ai.onnx") is not { Version: >= 7 and <= 17 }
                // Scan of opset 8 is refused; see above.
                || model.Graph.Node.Any(node => node.OpType is "Bernoulli" || (node.OpType is "Scan" && model.OpsetImport[0].Version == 8) || node.OpType.StartsWith("Random", StringComparison.Ordinal))
                || !Runs(model, inputs)) continue;
            ran++;
            try
            {
                UpgradeCheck.SameOutputs(model, inputs, name);
            }
            catch (Exception failure) when (failure is ArgumentException or NotSupportedException or OnnxRuntimeException or AssertFailedException)
            {
                wrong.Add($"{name}: {failure.Message}");
            }
        }
        Assert.IsEmpty(wrong, string.Join("\n", wrong));
        Assert.IsGreaterThan(300, ran);
    }

    static bool Runs(ModelProto model, IReadOnlyDictionary<string, TensorProto> inputs)
    {
        try
        {
            return UpgradeCheck.Outputs(model, inputs).Count > 0;
        }
        catch (Exception refusal) when (refusal is ArgumentException or OnnxRuntimeException or InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>One node over an input of shape [2, 3, 4, 5].</summary>
    static void Same(int opset, string operatorType, params AttributeProto[] attributes)
    {
        var graph = new TestGraph(opset: opset);
        Check(graph, [graph.Node(operatorType, [graph.Input([2, 3, 4, 5])], attributes)]);
    }

    static void Check(TestGraph graph, string[] outputs)
    {
        var model = graph.Model();
        foreach (var output in outputs) model.Graph.Output.Add(new ValueInfoProto { Name = output });
        var inputs = model.Graph.Input.ToDictionary(input => input.Name, input =>
        {
            var tensor = new TensorProto { DataType = (int)DataType.Float, FloatData = { graph.Values[input.Name] } };
            tensor.Dims.Add(input.Type.TensorType.Shape.Dim.Select(dimension => dimension.DimValue));
            return tensor;
        });
        UpgradeCheck.SameOutputs(model, inputs, $"{graph.Graph.Node.Last().OpType} of opset {graph.Opset}");
    }
}
