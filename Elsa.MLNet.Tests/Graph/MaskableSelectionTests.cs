using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;
using Elsa.MLNet.Tests.Scoring;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class MaskableSelectionTests
{
    [TestMethod]
    public void Weights_are_found_in_the_order_of_their_use_and_the_rest_says_why_it_is_dense()
    {
        var report = MaskableModel.From(Layers()).Report;
        CollectionAssert.AreEqual(new[] { "a", "b", "c" }, report.Maskable.Select(tensor => tensor.Name).ToArray());
        Assert.AreEqual(24 + 36 + 12, report.WeightCount);
        var b = report.Maskable[1];
        Assert.AreEqual(("float32", "Gemm", "Gemm_h2"), (b.ElementType, b.OperatorType, b.NodeName));
        CollectionAssert.AreEqual(new long[] { 6, 6 }, b.Shape.ToArray());
        Assert.AreEqual(new DenseTensor("bias", 6, "it is not a weight (Gemm uses it)"), report.LeftDense.Single());
    }

    [TestMethod]
    public void Another_operator_is_left_dense() =>
        LeavesDense(new MaskableSelection { OperatorTypes = ["MatMul"] }, "b", "Gemm is not selected");

    [TestMethod]
    public void The_first_layer_is_left_dense() => LeavesDense(new MaskableSelection { FirstLayer = false }, "a", "it is the first layer");

    [TestMethod]
    public void The_last_layer_is_left_dense() => LeavesDense(new MaskableSelection { LastLayer = false }, "c", "it is the last layer");

    [TestMethod]
    public void What_is_not_included_is_left_dense() => LeavesDense(new MaskableSelection { Include = ["a", "c*"] }, "b", "it is not in Include");

    [TestMethod]
    public void What_is_excluded_is_left_dense() => LeavesDense(new MaskableSelection { Exclude = ["?ias", "b"] }, "b", "it is in Exclude");

    [TestMethod]
    public void Small_tensors_are_left_dense() =>
        LeavesDense(new MaskableSelection { MinimumWeights = 13 }, "c", "it has fewer than 13 weights");

    [TestMethod]
    public void A_weight_that_another_operator_reads_too_is_left_dense()
    {
        var model = Layers();
        model.Graph.Node.Add(TestModels.Node("ReduceSum", ["b"], "unused"));
        LeavesDense(model, new MaskableSelection(), "b", "ReduceSum 'ReduceSum_unused' uses it too, not as a weight");
    }

    [TestMethod]
    [DataRow("b")]
    [DataRow("renamed")]
    public void A_weight_that_the_graph_gives_out_is_left_dense(string output)
    {
        var model = Layers();
        model.Graph.Node.Add(TestModels.Node("Identity", ["b"], "renamed"));
        model.Graph.Output.Add(TestModels.Value(output, DataType.Float, [6, 6]));
        LeavesDense(model, new MaskableSelection(), "b", "it is an output of the graph too");
    }

    [TestMethod]
    public void A_float8_weight_is_left_dense()
    {
        var model = Layers();
        var b = model.Graph.Initializer[1];
        (b.DataType, b.RawData) = ((int)DataType.Float8E4M3Fn, Google.Protobuf.ByteString.CopyFrom(new byte[36]));
        LeavesDense(model, new MaskableSelection(), "b", "float8e4m3fn weights cannot be masked yet");
    }

    [TestMethod]
    public void An_empty_weight_is_left_dense()
    {
        var model = Layers();
        model.Graph.Initializer[1].Dims[0] = 0;
        model.Graph.Initializer[1].ClearRawData();
        LeavesDense(model, new MaskableSelection(), "b", "it is empty");
    }

    [TestMethod]
    public void A_tied_weight_is_one_tensor_masked_once()
    {
        var model = TestModels.Model([("x", [1, 4])], [("y", [1, 4])], DataType.Float,
            [TestModels.Node("MatMul", ["x", "w"], "h"), TestModels.Node("MatMul", ["h", "w"], "y")], [TestModels.Random("w", DataType.Float, 1, 4, 4)]);
        var tensor = MaskableModel.From(model).Report.Maskable.Single();
        Assert.AreEqual(("w", "MatMul_h"), (tensor.Name, tensor.NodeName));
    }

    [TestMethod]
    public void A_weight_behind_Transpose_and_Identity_is_found_and_keeps_its_own_shape()
    {
        var model = TestModels.Model([("x", [1, 4])], [("y", [1, 3])], DataType.Float,
            [TestModels.Node("Transpose", ["w"], "t"), TestModels.Node("Identity", ["t"], "i"), TestModels.Node("MatMul", ["x", "i"], "y")],
            [TestModels.Random("w", DataType.Float, 1, 3, 4)]);
        var maskable = MaskableModel.From(model);
        CollectionAssert.AreEqual(new long[] { 3, 4 }, maskable.Report.Maskable.Single().Shape.ToArray());
        var level = ParentModel.Create(maskable, Parents.Halves(maskable)).Extract(1);
        CollectionAssert.AreNotEqual(ModelRun.Of(model)[0], ModelRun.Of(level)[0]);
    }

    [TestMethod]
    public void Both_inputs_of_MatMul_and_only_the_second_of_Conv_hold_weights()
    {
        var model = TestModels.Model([("x", [4, 2])], [("y", [3, 2])], DataType.Float,
            [TestModels.Node("MatMul", ["left", "x"], "y")], [TestModels.Random("left", DataType.Float, 1, 3, 4)]);
        Assert.AreEqual("left", MaskableModel.From(model).Report.Maskable.Single().Name);

        var conv = TestModels.Model([("x", [1, 2, 5, 5])], [("y", null)], DataType.Float, [TestModels.Node("Conv", ["x", "w", "b"], "y")],
            [TestModels.Random("w", DataType.Float, 1, 3, 2, 3, 3), TestModels.Random("b", DataType.Float, 2, 3)]);
        Assert.AreEqual("w", MaskableModel.From(conv).Report.Maskable.Single().Name);
    }

    [TestMethod]
    public void A_weight_that_is_computed_is_no_constant() => Refusal.Of<ArgumentException>(
        () => MaskableModel.From(TestModels.Model([("x", [1, 4])], [("y", [1, 4])], DataType.Float,
            [TestModels.Node("Exp", ["w"], "e"), TestModels.Node("MatMul", ["x", "e"], "y")], [TestModels.Random("w", DataType.Float, 1, 4, 4)])),
        "The model has no maskable weight. Its operators are: Exp, MatMul.", "Left dense: 'w': it is not a weight (Exp uses it).",
        "Choose a model with such weights, or widen the selection.");

    [TestMethod]
    [DataRow(DataType.Int8, null, "scale", null)]
    [DataRow(DataType.Int8, new[] { 0 }, "scale", null)]
    [DataRow(DataType.Int8, new[] { -3, -3, -3, -3 }, "scale", null)]
    [DataRow(DataType.Uint8, new[] { 200 }, "scale", null)]
    [DataRow(DataType.Uint8, new[] { 1, 1, 2, 1 }, "scale", "its zero points differ; quantize weights with one zero point for all channels")]
    [DataRow(DataType.Int8, null, "computed", "its scale is not a constant of float32")]
    [DataRow(DataType.Int8, null, "three", "its scales do not fit it")]
    [DataRow(DataType.Int4, null, "scale", "int4 weights cannot be masked yet")]
    public void Weights_behind_DequantizeLinear_are_maskable_if_one_integer_stands_for_zero(DataType type, int[]? zeros, string scale, string? reason)
    {
        var model = TestModels.Model([("x", [1, 4])], [("y", [1, 4])], DataType.Float,
            [
                TestModels.Node("Abs", ["scale"], "computed"),
                TestModels.Node("DequantizeLinear", ["w", scale, .. zeros is null ? Array.Empty<string>() : ["zero"]], "d"),
                TestModels.Node("Transpose", ["d"], "t"), TestModels.Node("MatMul", ["x", "t"], "m"), TestModels.Node("MatMul", ["m", "other"], "y"),
            ],
            [
                Quantized("w", type),
                new TensorProto { Name = "zero", DataType = (int)type, RawData = Google.Protobuf.ByteString.CopyFrom([.. (zeros ?? []).Select(zero => (byte)zero)]), Dims = { zeros?.Length ?? 0 } },
                TestModels.Random("scale", DataType.Float, 1), TestModels.Random("three", DataType.Float, 1, 3), TestModels.Random("other", DataType.Float, 2, 4, 4),
            ]);
        var report = MaskableModel.From(model).Report;
        Assert.AreEqual(reason is null ? zeros?[0] ?? 0 : null,
            report.Maskable.SingleOrDefault(tensor => tensor is { Name: "w", OperatorType: "MatMul" })?.ZeroPoint);
        Assert.AreEqual(reason, report.LeftDense.SingleOrDefault(tensor => tensor.Name == "w")?.Reason);
    }

    [TestMethod]
    [DataRow("MatMulInteger", "x w")]
    [DataRow("ConvInteger", "x w")]
    public void Integers_whose_scale_is_not_found_stay_dense(string operatorType, string inputs) => Refusal.Of<ArgumentException>(
        () => MaskableModel.From(TestModels.Model([("x", [1, 4])], [("y", [1, 4])], DataType.Uint8,
            [TestModels.Node(operatorType, inputs.Split(' '), "y")], [Quantized("w", DataType.Uint8)])),
        "'w': its scale is not found: looked for is Cast, then Mul by a product with a constant of float32");

    [TestMethod]
    public void Nodes_of_integers_that_lack_inputs_or_outputs_have_no_weights()
    {
        var lone = new NodeProto { OpType = "MatMulInteger", Input = { "x", "w" } };
        Refusal.Of<ArgumentException>(() => MaskableModel.From(TestModels.Model([("x", [1, 4])], [("y", [1, 4])], DataType.Float,
            [TestModels.Node("DequantizeLinear", [], "d"), TestModels.Node("MatMul", ["x", "d"], "y"), lone], [Quantized("w", DataType.Uint8)])),
            "The model has no maskable weight.", "'w': its scale is not found");
    }

    [TestMethod]
    [DataRow(new byte[] { 1 }, new byte[] { 2 }, "two nodes read it with different zero points")]
    [DataRow(new byte[] { 0 }, new byte[] { 0, 3, 0, 0 }, "its zero points differ; quantize weights with one zero point for all channels")]
    public void Integers_that_two_nodes_read_with_different_zero_points_stay_dense(byte[] one, byte[] two, string reason)
    {
        var model = TestModels.Model([("x", [1, 4])], [("y", [1, 4])], DataType.Float,
            [
                TestModels.Node("DequantizeLinear", ["w", "scale", "one"], "d"), TestModels.Node("DequantizeLinear", ["w", "scale", "two"], "e"),
                TestModels.Node("MatMul", ["x", "d"], "m"), TestModels.Node("MatMul", ["m", "e"], "n"), TestModels.Node("MatMul", ["n", "other"], "y"),
            ],
            [
                Quantized("w", DataType.Uint8), TestModels.Random("scale", DataType.Float, 1), TestModels.Random("other", DataType.Float, 2, 4, 4),
                new TensorProto { Name = "one", DataType = (int)DataType.Uint8, Dims = { one.Length }, RawData = Google.Protobuf.ByteString.CopyFrom(one) },
                new TensorProto { Name = "two", DataType = (int)DataType.Uint8, Dims = { two.Length }, RawData = Google.Protobuf.ByteString.CopyFrom(two) },
            ]);
        Assert.AreEqual(reason, MaskableModel.From(model).Report.LeftDense.Single(tensor => tensor.Name == "w").Reason);
    }

    [TestMethod]
    public void Layers_of_integers_are_selected_as_the_operators_in_whose_place_they_stand()
    {
        var model = TestModels.Model([("x", [1, 4])], [("y", [1, 4])], DataType.Float,
            [TestModels.Node("QLinearMatMul", ["x", "scale", "zero", "w", "scale", "zero", "scale", "zero"], "q"), TestModels.Node("Conv", ["q", "c"], "y")],
            [
                Quantized("w", DataType.Uint8), TestModels.Random("scale", DataType.Float, 1), TestModels.Random("c", DataType.Float, 2, 4, 4, 1, 1),
                new TensorProto { Name = "zero", DataType = (int)DataType.Uint8, RawData = Google.Protobuf.ByteString.CopyFrom(9) },
            ]);
        Assert.AreEqual("w", MaskableModel.From(model, new MaskableSelection { OperatorTypes = ["MatMul"] }).Report.Maskable.Single().Name);
        Assert.AreEqual("c", MaskableModel.From(model, new MaskableSelection { OperatorTypes = ["Conv"] }).Report.Maskable.Single().Name);
    }

    [TestMethod]
    public void A_name_that_fits_no_tensor_is_an_error()
    {
        var model = Layers();
        Refuses(new MaskableSelection { Exclude = ["b", "hed*"] }, "Exclude has 'hed*', which fits no tensor of the " +
            "model; it has 'a', 'b', 'c', 'bias'. Correct the name, or leave it out.");
        Refuses(new MaskableSelection { Include = ["A"] }, "Include has 'A', which fits no tensor of the model");
        for (var index = 0; index < 20; index++)
            model.Graph.Initializer.Add(TestModels.Random($"t{index}", DataType.Float, 1, 2));
        Refuses(new MaskableSelection { Include = ["none"] }, "'t5' and 14 more.");

        void Refuses(MaskableSelection selection, string message) =>
            Refusal.Of<ArgumentException>(() => MaskableModel.From(model, selection), message);
    }

    [TestMethod]
    public void A_name_may_be_that_of_any_initializer_or_constant()
    {
        var model = Layers();
        model.Graph.Initializer.Add(Quantized("whole", DataType.Int32));
        var constant = TestModels.Node("Constant", [], "number");
        constant.Attribute.Add(NodeAttribute.Of("value_float", 1f));
        model.Graph.Node.Insert(0, constant);
        var selection = new MaskableSelection { Exclude = ["b", "whole", "numb?r", "bias"] };
        LeavesDense(model, selection, "b", "it is in Exclude");
    }

    [TestMethod]
    public void A_selection_that_takes_nothing_says_why() => Refusal.Of<ArgumentException>(
        () => MaskableModel.From(Layers(), new MaskableSelection { MinimumWeights = 1000 }),
        "The model has no maskable weight.", "'a': it has fewer than 1000 weights");

    [TestMethod]
    public void An_operator_without_weights_cannot_be_selected() => Refusal.Of<ArgumentException>(
        () => MaskableModel.From(Layers(), new MaskableSelection { OperatorTypes = ["Relu"] }),
        "'Relu' is not an operator whose weights can be masked; allowed are Conv, ConvTranspose, Gemm, MatMul.");

    static void LeavesDense(MaskableSelection selection, string name, string reason) => LeavesDense(Layers(), selection, name, reason);

    /// <summary>The tensor is dense for that reason, and nothing else that could be masked is.</summary>
    static void LeavesDense(ModelProto model, MaskableSelection selection, string name, string reason)
    {
        var report = MaskableModel.From(model, selection).Report;
        Assert.AreEqual(reason, report.LeftDense.Single(tensor => tensor.Name == name).Reason);
        CollectionAssert.AreEqual(new[] { "a", "b", "c" }.Where(other => other != name).ToArray(), report.Maskable.Select(tensor => tensor.Name).ToArray());
    }

    static TensorProto Quantized(string name, DataType type) => new()
    {
        Name = name,
        DataType = (int)type,
        Dims = { 4, 4 },
        RawData = Google.Protobuf.ByteString.CopyFrom(new byte[type == DataType.Int32 ? 64 : 16]),
    };

    /// <summary>MatMul with a, Gemm with b and a bias, MatMul with c.</summary>
    static ModelProto Layers() => TestModels.Model([("x", [1, 4])], [("y", [1, 2])], DataType.Float,
        [TestModels.Node("MatMul", ["x", "a"], "h1"), TestModels.Node("Gemm", ["h1", "b", "bias"], "h2"), TestModels.Node("MatMul", ["h2", "c"], "y")],
        [
            TestModels.Random("a", DataType.Float, 1, 4, 6), TestModels.Random("b", DataType.Float, 2, 6, 6),
            TestModels.Random("c", DataType.Float, 3, 6, 2), TestModels.Random("bias", DataType.Float, 4, 6),
        ]);
}
