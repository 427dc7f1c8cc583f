using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Training;
using Elsa.MLNet.Training.Losses;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Where the scores of a model are.</summary>
[TestClass]
public sealed class OutputHeadTests
{
    [TestMethod]
    [DataRow("Softmax", 11, null)]
    [DataRow("Softmax", 11, 1)]
    [DataRow("Softmax", 13, null)]
    [DataRow("Softmax", 13, 1)]
    [DataRow("Softmax", 18, -1)]
    [DataRow("LogSoftmax", 11, 1)]
    [DataRow("LogSoftmax", 13, -1)]
    public void Scores_stand_before_a_softmax(string type, int opset, int? axis)
    {
        var head = Head(opset, [4, 3], Activation(type, axis));
        Assert.AreEqual(HeadKind.Softmax, head.Kind);
        Assert.AreSequenceEqual([2L, 3L], head.LogitsShape.Dimensions);
    }

    [TestMethod]
    public void An_old_softmax_over_several_axes_has_a_matrix_of_scores()
    {
        var head = Head(11, [4, 3], [TestModels.Node("Reshape", ["z", "picture"], "p"),
            TestModels.Node("Softmax", ["p"], "y")],
            TestModels.Integers("picture", 0, 3, 1, 1));
        Assert.AreEqual(HeadKind.Softmax, head.Kind);
        Assert.AreSequenceEqual([2L, 3L, 1L, 1L], head.OutputShape.Dimensions);
        Assert.AreSequenceEqual([2L, 3L], head.LogitsShape.Dimensions);
    }

    [TestMethod]
    public void A_softmax_over_another_axis_than_the_last_is_no_classifier() => Assert.AreEqual(HeadKind.Plain,
        Head(13, [4, 3], [TestModels.Node("Reshape", ["z", "picture"], "p"), .. Activation("Softmax", 1, "p")],
            TestModels.Integers("picture", 0, 3, 1, 1)).Kind);

    [TestMethod]
    public void An_old_softmax_over_the_whole_batch_is_no_classifier() =>
        Assert.AreEqual(HeadKind.Plain, Head(11, [4, 3], [.. Activation("Softmax", 0)]).Kind);

    [TestMethod]
    public void Shapes_may_change_behind_a_softmax()
    {
        var head = Head(13, [4, 3], [.. Activation("Softmax", -1, "z", "s"),
            TestModels.Node("Reshape", ["s", "flat"], "y")],
            TestModels.Integers("flat", 0, -1));
        Assert.AreEqual((HeadKind.Softmax, "z"), (head.Kind, head.Logits));
    }

    [TestMethod]
    public void A_cast_that_changes_no_type_may_stand_behind_a_softmax()
    {
        var head = Head(13, [4, 3], [.. Activation("Softmax", -1, "z", "s"),
            TestModels.Node("Cast", ["s"], "y", TestModels.Attribute("to", (long)DataType.Float))]);
        Assert.AreEqual((HeadKind.Softmax, "z"), (head.Kind, head.Logits));
    }

    [TestMethod]
    public void Scores_stand_before_a_sigmoid()
    {
        var head = Head(13, [4, 3], [TestModels.Node("Sigmoid", ["z"], "y")]);
        Assert.AreEqual((HeadKind.Sigmoid, "z"), (head.Kind, head.Logits));
    }

    [TestMethod]
    public void Shapes_may_change_behind_a_sigmoid()
    {
        var head = Head(13, [4, 1], [TestModels.Node("Sigmoid", ["z"], "s"), TestModels.Node("Squeeze", ["s", "axis"], "y")],
            TestModels.Integers("axis", 1));
        Assert.AreEqual((HeadKind.Sigmoid, "z"), (head.Kind, head.Logits));
    }

    [TestMethod]
    public void Any_other_output_is_its_own_scores()
    {
        var head = Head(13, [4, 3], [TestModels.Node("Tanh", ["z"], "y")]);
        Assert.AreEqual((HeadKind.Plain, "y"), (head.Kind, head.Logits));
    }

    static NodeProto[] Activation(string type, int? axis, string input = "z", string output = "y") =>
        [axis is { } known ? TestModels.Node(type, [input], output, TestModels.Attribute("axis", known))
            : TestModels.Node(type, [input], output)];

    static OutputHead Head(int opset, int[] weights, NodeProto[] last, params TensorProto[] constants)
    {
        var model = TestModels.Model([("x", ["N", weights[0]])], [("y", null)], DataType.Float,
            [TestModels.Node("MatMul", ["x", "w"], "z"), .. last],
                [TestModels.Random("w", DataType.Float, 1, weights), .. constants], opset);
        var prepared = PreparedModel.Of(MaskableModel.From(model), ["w"], "x", [2, weights[0]]);
        return OutputHead.Of(prepared.Model.Graph, prepared.Shapes, "y");
    }
}
