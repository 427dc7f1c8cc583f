using Elsa.MLNet.Tests.Datasets;
using Elsa.MLNet.Tests.Scoring;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class GraphExtensionsTests
{
    [TestMethod]
    public void Info_names_inputs_outputs_initializers_and_operators() => Assert.AreEqual("""
        Inputs (1)
          Name  Type     Shape
          x     float32  [N,6]

        Outputs (1)
          Name  Type     Shape
          y     float32  [N,3]

        Initializers (4)
          Name  Type     Shape  Elements  Bytes
          w1    float32  [6,8]  48        192
          b1    float32  [8]    8         32
          w2    float32  [8,3]  24        96
          b2    float32  [3]    3         12

        Nodes (2)
          Operator  Count
          Gemm      2
          Relu      1

        """.ReplaceLineEndings("\n"), TestModels.Mlp().Graph.Info());

    [TestMethod]
    public void Info_describes_every_operator_test_of_ONNX()
    {
        foreach (var (name, bytes) in OnnxFiles.OperatorTests())
            Assert.Contains("Nodes (", ModelProto.Parser.ParseFrom(bytes).Graph.Info(), name);
    }

    [TestMethod]
    public void Clean_drops_what_nothing_uses_and_lists_no_constant_as_input()
    {
        var model = TestModels.Mlp(batch: 1);
        var expected = ModelRun.Of(model);
        model.Graph.Input.Add(TestModels.Value("w1", DataType.Float, [6, 8]));
        model.Graph.Initializer.Add(TestModels.Random("unused", DataType.Float, 9, 100));
        model.Graph.ValueInfo.Add([TestModels.Value("h", DataType.Float, [1, 8]), TestModels.Value("h", DataType.Float, [1, 8]),
            TestModels.Value("x", DataType.Float, [1, 6]), TestModels.Value("gone", DataType.Float, [1])]);

        model.Graph.Clean();

        CollectionAssert.AreEqual(new[] { "x" }, model.Graph.Input.Select(input => input.Name).ToArray());
        CollectionAssert.AreEqual(new[] { "w1", "b1", "w2", "b2" }, model.Graph.Initializer.Select(tensor => tensor.Name).ToArray());
        CollectionAssert.AreEqual(new[] { "h" }, model.Graph.ValueInfo.Select(value => value.Name).ToArray());
        CollectionAssert.AreEqual(expected[0], ModelRun.Of(model)[0]);
    }

    [TestMethod]
    public void Clean_keeps_what_only_a_subgraph_an_output_or_an_annotation_uses()
    {
        var body = new GraphProto
        {
            Node = { TestModels.Node("Add", ["x", "outer"], "b") },
            Initializer = { TestModels.Random("inner", DataType.Float, 1, 2) },
            Output = { TestModels.Value("b", DataType.Float, [2]) },
        };
        var node = TestModels.Node("If", ["flag"], "y", new AttributeProto { Name = "then_branch", G = body }, new AttributeProto { Name = "else_branch", G = body.Clone() });
        var graph = TestModels.Model([("x", [2])], [("y", [2]), ("shown", [2])], DataType.Float, [node],
            [TestModels.Random("outer", DataType.Float, 1, 2), TestModels.Random("shown", DataType.Float, 2, 2), TestModels.Random("scale", DataType.Float, 3, 2)]).Graph;
        graph.QuantizationAnnotation.Add(new TensorAnnotation { QuantParameterTensorNames = { new StringStringEntryProto { Key = "SCALE_TENSOR", Value = "scale" } } });

        graph.Clean();

        CollectionAssert.AreEqual(new[] { "outer", "shown", "scale" }, graph.Initializer.Select(tensor => tensor.Name).ToArray());
        Assert.IsEmpty(graph.Node[0].Attribute[0].G.Initializer, "what nothing in the branch uses goes");
    }

    [TestMethod]
    public void Clean_twice_is_clean_once()
    {
        foreach (var (name, bytes) in OnnxFiles.OperatorTests())
        {
            var graph = ModelProto.Parser.ParseFrom(bytes).Graph;
            graph.Clean();
            var once = graph.Clone();
            graph.Clean();
            Assert.AreEqual(once, graph, name);
        }
    }

    [TestMethod]
    public void SetDim_names_the_rows_of_inputs_and_outputs()
    {
        var graph = TestModels.Mlp(batch: 1).Graph;
        graph.Input.Add(TestModels.Value("w1", DataType.Float, [6, 8]));
        graph.ValueInfo.Add(TestModels.Value("h", DataType.Float, [1, 8]));
        graph.SetDim();
        Assert.AreEqual("N", graph.Input[0].Type.TensorType.Shape.Dim[0].DimParam);
        Assert.AreEqual(6, graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue);
        Assert.AreEqual("N", graph.Output[0].Type.TensorType.Shape.Dim[0].DimParam);
        Assert.AreEqual(6, graph.Input[1].Type.TensorType.Shape.Dim[0].DimValue, "a weight has no rows");
        Assert.IsEmpty(graph.ValueInfo);
    }

    [TestMethod]
    [DataRow("mnist-8.onnx")]
    [DataRow("mnist-burn-conv-bn.onnx")]
    [DataRow("squeezenet1.1_fp32_from_fp16.onnx")]
    [DataRow("resnet20-cifar10.onnx")]
    public void Real_networks_take_three_rows_and_score_each_as_alone(string file)
    {
        var model = ModelProto.Parser.ParseFromFile(Shared.Require("models/" + file));
        model.Graph.SetDim(0, 1L);
        var alone = ModelRun.Floats(model)[0];
        model.Graph.SetDim(0, 3L);
        var three = ModelRun.Floats(model)[0];
        Assert.HasCount(3 * alone.Length, three);
        // The draw of the first row is the same.
        for (var value = 0; value < alone.Length; value++)
            Assert.AreEqual(alone[value], three[value], 1e-4f * alone.Max(MathF.Abs));
    }

    [TestMethod]
    public void SetDim_keeps_the_rows_of_a_batch_larger_than_one_through_a_Reshape()
    {
        var model = TestModels.Model([("x", [4, 2, 3])], [("y", [4, 6])], DataType.Float,
            [TestModels.Node("Reshape", ["x", "s"], "y")], [TestModels.Integers("s", 4, 6)]);
        model.Graph.SetDim();
        model.Graph.SetDim(0, 2L);
        Assert.HasCount(12, ModelRun.Floats(model)[0]);
    }

    [TestMethod]
    public void SetDim_of_another_dimension_leaves_rows_and_reshapes_alone()
    {
        var model = TestModels.Model([("x", [1, 6])], [("y", [1, 6])], DataType.Float,
            [TestModels.Node("Reshape", ["x", "s"], "y")], [TestModels.Integers("s", 1, 6)]);
        model.Graph.SetDim(1, "width");
        Assert.AreEqual("s", model.Graph.Node[0].Input[1]);
        Assert.AreEqual(1, model.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimValue);
        Assert.AreEqual("width", model.Graph.Input[0].Type.TensorType.Shape.Dim[1].DimParam);
    }

    [TestMethod]
    public void SetDim_refuses_what_is_no_dimension()
    {
        var graph = TestModels.Mlp().Graph;
        Refusal.Of<ArgumentOutOfRangeException>(() => graph.SetDim(-1), "dimIndex");
        Refusal.Of<ArgumentOutOfRangeException>(() => graph.SetDim(0, -1L), "value");
        Refusal.Of<ArgumentException>(() => graph.SetDim(0, ""), "name");
    }
}
