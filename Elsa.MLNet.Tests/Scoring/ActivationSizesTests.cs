using CsCheck;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Training;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>Sizes read off the graph, against those that ONNX Runtime makes.</summary>
[TestClass]
public sealed class ActivationSizesTests
{
    static readonly string[] Paddings = ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"];

    [TestMethod]
    [DataRow("Conv")]
    [DataRow("MaxPool")]
    [DataRow("AveragePool")]
    public void A_window_of_any_kind_has_as_many_places_as_in_ONNX_Runtime(string type) => Gen.Select(
        Gen.Int[7, 19], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[0, 3], Gen.Int[0, 1], Gen.Int[0, 1]).Sample(
        (size, kernel, stride, dilation, padding, pad, ceiling) =>
        {
            pad = Math.Min(pad, kernel - 1);
            // ONNX Runtime's pools refuse windows beyond which SAME has elements to spare.
            if (padding is 1 or 2) stride = Math.Min(stride, kernel);
            var node = TestModels.Node(type, type == "Conv" ? ["x", "w"] : ["x"], "y",
                NodeAttribute.Of("kernel_shape", [kernel, kernel]), NodeAttribute.Of("strides", [stride, stride]),
                NodeAttribute.Of("auto_pad", Paddings[padding]));
            // ONNX Runtime refuses dilations beside SAME, and an average has none before opset 19.
            if (padding is 0 or 3 && type != "AveragePool") node.Attribute.Add(NodeAttribute.Of("dilations", [dilation, dilation]));
            if (padding == 0) node.Attribute.Add(NodeAttribute.Of("pads", [pad, 0, 0, pad]));
            if (padding == 0 && type != "Conv") node.Attribute.Add(NodeAttribute.Of("ceil_mode", ceiling));
            var model = TestModels.Model([("x", [1, 3, size, size + 4])], [("y", null)], DataType.Float, [node],
                [TestModels.Random("w", DataType.Float, 1, 40, 3, kernel, kernel)]);
            AreThose(model, ["y"]);
        }, iter: 200, seed: "0000000000001");

    [TestMethod]
    public void Sizes_go_through_what_stands_between_convolutions_and_stop_at_what_is_not_known()
    {
        NodeProto[] nodes =
        [
            TestModels.Node("Conv", ["x", "quarter"], "a"), TestModels.Node("Relu", ["a"], "b"), TestModels.Node("Cast", ["half"], "w", NodeAttribute.Of("to", 1)),
            TestModels.Node("Conv", ["b", "w"], "c"), TestModels.Node("Add", ["c", "a"], "d"),
            TestModels.Node("Concat", ["d", "c", "b"], "e", NodeAttribute.Of("axis", 1)), TestModels.Node("Shape", ["e"], "shape"),
            TestModels.Node("Resize", ["e", "", "scales"], "f"), TestModels.Node("Relu", ["f"], "g"),
        ];
        var model = TestModels.Model([("x", [1, 3, 12, 12])], [("g", null)], DataType.Float, nodes,
        [
            TestModels.Random("quarter", DataType.Float, 1, 4, 3, 1, 1), TestModels.Random("half", DataType.Float16, 2, 4, 4, 1, 1),
            new TensorProto { Name = "scales", DataType = (int)DataType.Float, Dims = { 4 }, FloatData = { 1, 1, 2, 2 } },
        ]);
        AreThose(model, ["a", "b", "c", "d", "e"]);
    }

    [TestMethod]
    public void Without_convolutions_nothing_is_known() =>
        Assert.AreEqual(0, new ActivationSizes(TestModels.Mlp().Graph).Largest(new Dictionary<string, long[]> { ["x"] = [6] }));

    [TestMethod]
    public void Weights_that_no_convolution_has_are_left_to_ONNX_Runtime_to_refuse()
    {
        var model = TestModels.Model([("x", [1, 3, 4, 4])], [("y", null)], DataType.Float, [TestModels.Node("Conv", ["x", "w"], "y")],
            [TestModels.Random("w", DataType.Float, 1, 3)]);
        Assert.AreEqual(0, new ActivationSizes(model.Graph).Largest(new Dictionary<string, long[]> { ["x"] = [3, 4, 4] }));
    }

    [TestMethod]
    [DataRow("resnet20-cifar10.onnx")]
    [DataRow("mnist-burn-conv-bn.onnx")]
    [DataRow("squeezenet1.1_fp32_from_fp16.onnx")]
    [DataRow("mlperftiny-mobilenetv1-0.25-vww96.onnx")]
    public void The_largest_tensor_of_a_public_network_is_found(string file)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Shared.Require("models/" + file)));
        foreach (var dimension in model.Graph.Input.SelectMany(input => input.Type.TensorType.Shape.Dim).Where(dimension => !dimension.HasDimValue))
            dimension.DimValue = 1;
        var made = model.Graph.Node.SelectMany(node => node.Output).ToHashSet();
        AreThose(model, [.. ShapeProbe.Run(model).Shapes.Where(shape => made.Contains(shape.Key) && shape.Value.Dimensions.Length == 4).Select(shape => shape.Key)]);
    }

    /// <summary>The largest size is that of the largest of some values.</summary>
    static void AreThose(ModelProto model, IReadOnlyList<string> values)
    {
        var probed = ShapeProbe.Run(model).Shapes;
        var input = model.Graph.Input.First(one => model.Graph.Initializer.All(tensor => tensor.Name != one.Name));
        var expected = values.Max(value => probed[value].Dimensions.Aggregate(1L, (product, size) => product * size));
        var sizes = new ActivationSizes(model.Graph);
        var row = probed[input.Name].Dimensions[1..];
        Assert.AreEqual(expected, sizes.Largest(new Dictionary<string, long[]> { [input.Name] = [.. row] }));
    }
}
