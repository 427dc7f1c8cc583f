using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class SameOutputsTests
{
    [TestMethod]
    public void Real_networks_give_the_same_bits_written_again_made_maskable_embedded_and_cleaned()
    {
        foreach (var path in OnnxFiles.Networks())
        {
            var model = ModelProto.Parser.ParseFromFile(path);
            var expected = ModelRun.Of(path);
            Assert.IsNotEmpty(expected);

            Same(expected, ModelProto.Parser.ParseFrom(model.ToByteArray()), path, "written and read");

            var maskable = MaskableModel.From(model);
            Same(expected, maskable.Model, path, "maskable");

            var parent = ParentModel.Parse(ParentModel.Create(maskable, Parents.Halves(maskable)).ToBytes());
            Same(expected, parent.Extract(0), path, "the dense level of a parent");

            var cleaned = model.Clone();
            cleaned.IrVersion = Math.Max(cleaned.IrVersion, 4);
            cleaned.Graph.Clean();
            AreSame(ModelRun.AsWritten(model), ModelRun.AsWritten(cleaned), $"{path}, cleaned");
        }
    }

    [TestMethod]
    [DataRow(3)]
    [DataRow(8)]
    public void A_weight_in_a_Constant_node_becomes_an_initializer_of_the_same_name(int version)
    {
        var value = new AttributeProto { Name = "value", Type = AttributeProto.Types.AttributeType.Tensor, T = TestModels.Random("", DataType.Float, 1, 4, 3) };
        var bias = TestModels.Random("b", DataType.Float, 2, 3);
        var model = TestModels.Model([("x", [1, 4])], [("y", [1, 3])], DataType.Float,
            [new NodeProto { OpType = "Constant", Output = { "w" }, Attribute = { value } }, TestModels.Node("Gemm", ["x", "w", "b"], "y")], [bias], opset: 9);
        model.Graph.Input.Add(TestModels.Value("b", DataType.Float, [3]));
        model.IrVersion = version;
        var before = model.Clone();

        var maskable = MaskableModel.From(model);

        Assert.AreEqual(before, model, "the original is not touched");
        CollectionAssert.AreEqual(new[] { "b", "w" }, maskable.Model.Graph.Initializer.Select(tensor => tensor.Name).ToArray());
        Assert.AreEqual("Gemm", maskable.Model.Graph.Node.Single().OpType);
        // What was constant in version 3 stays so; what could be given in version 8 still can.
        Assert.HasCount(version == 3 ? 1 : 2, maskable.Model.Graph.Input);
        AreSame(ModelRun.Of(model), ModelRun.Of(maskable.Model), "promoted");
    }

    static void Same(List<byte[]> expected, ModelProto model, string path, string what) =>
        AreSame(expected, ModelRun.Of(model), $"{path}, {what}");

    static void AreSame(List<byte[]> expected, List<byte[]> actual, string message)
    {
        Assert.HasCount(expected.Count, actual, message);
        for (var output = 0; output < expected.Count; output++)
            Assert.IsTrue(expected[output].AsSpan().SequenceEqual(actual[output]), $"{message}, output {output}");
    }
}
