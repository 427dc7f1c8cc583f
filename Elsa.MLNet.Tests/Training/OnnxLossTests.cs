using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Scoring;
using Elsa.MLNet.Training.Losses;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Training;

/// <summary>Losses given as ONNX models.</summary>
[TestClass]
public sealed class OnnxLossTests
{
    [TestMethod]
    public void A_loss_of_a_class_label_is_computed_and_differentiated()
    {
        // ReduceSum of opset 11 takes its axes as an attribute, which the upgrade changes.
        var axes = NodeAttribute.Of("axes", [1L]);
        var loss = Loss(DataType.Int64, opset: 11,
            TestModels.Node("OneHot", ["label", "depth", "values"], "truth"),
            TestModels.Node("Sub", ["output", "truth"], "difference"),
            TestModels.Node("Mul", ["difference", "difference"], "square"),
            TestModels.Node("ReduceSum", ["square"], "rows", axes, TestModels.Attribute("keepdims", 0)),
            TestModels.Node("ReduceMean", ["rows"], "loss", TestModels.Attribute("keepdims", 0)));
        loss.Graph.Initializer.Add([TestModels.Integers("depth", 3),
            TestModels.Random("values", DataType.Float, 5, 2)]);
        var values = MemoryMarshal.Cast<byte, float>(loss.Graph.Initializer[1].RawData.Span).ToArray();
        long[] classes = [2, 0, 1, 1];
        ScoreCheck.Same(ElsaLoss.FromOnnx(loss.ToByteArray()), [4, 3], null, classes, scores =>
            scores.Select((score, index) =>
            Math.Pow(score - values[classes[index / 3] == index % 3 ? 1 : 0], 2)).Sum() / 4);
    }

    [TestMethod]
    public void A_loss_of_a_value_label_is_computed_and_differentiated()
    {
        var truth = ScoreCheck.Scores(6, seed: 3);
        ScoreCheck.Same(ElsaLoss.FromOnnx(MeanAbsolute().ToByteArray()), [2, 3], "Sigmoid", truth, scores =>
            scores.Select((score, index) => Math.Abs(ScoreCheck.Sigmoid(score) - truth[index])).Average());
    }

    [TestMethod]
    public void A_label_may_have_other_dimensions_than_the_output()
    {
        var loss = MeanAbsolute();
        loss.Graph.Input[1] = TestModels.Value("label", DataType.Float, ["N", 1]);
        float[] truth = [0.5f, -2];
        ScoreCheck.Same(ElsaLoss.FromOnnx(loss.ToByteArray()), [2, 3], null, truth, scores =>
            scores.Select((score, index) => Math.Abs(score - truth[index / 3])).Average());
    }

    [TestMethod]
    public void A_loss_may_compute_its_axes_of_constants_and_shapes()
    {
        var zero = TestModels.Node("Constant", [], "zero", new AttributeProto
        {
            Name = "value",
            Type = AttributeProto.Types.AttributeType.Tensor,
            T = TestModels.Integers("", 0),
        });
        var loss = Loss(DataType.Float, 18,
            TestModels.Node("Sub", ["output", "label"], "difference"),
            TestModels.Node("Abs", ["difference"], "absolute"),
            zero,
            TestModels.Node("ReduceMax", ["absolute", "zero"], "worst", TestModels.Attribute("keepdims", 0)),
            TestModels.Node("Shape", ["worst"], "one"),
            TestModels.Node("Sub", ["one", "one"], "axis"),
            TestModels.Node("ReduceSum", ["worst", "axis"], "loss", TestModels.Attribute("keepdims", 0)));
        var truth = ScoreCheck.Scores(6, seed: 3);
        ScoreCheck.Same(ElsaLoss.FromOnnx(loss.ToByteArray()), [2, 3], null, truth, scores => Enumerable.Range(0, 3)
            .Sum(column => Math.Max(Math.Abs(scores[column] - truth[column]), Math.Abs(scores[3 + column] - truth[3 + column]))));
    }

    [TestMethod]
    public void The_same_loss_can_be_given_twice()
    {
        var loss = ElsaLoss.FromOnnx(MeanAbsolute().ToByteArray());
        var (model, shape, batch) = SmallStep.ScoresAsWeights([2, 1], [3, 5]);
        using var step = new SmallStep(model, shape, batch,
            [(loss, "y", new float[] { 1, 1 }, 1), (loss, "y", new float[] { 2, 2 }, 10)]);
        Assert.AreEqual(3 + 10 * 2, step.Session.Step(0), 1e-5);
    }

    [TestMethod]
    public void A_newer_loss_raises_the_opset()
    {
        var loss = MeanAbsolute();
        loss.OpsetImport[0].Version = 20;
        var (model, shape, batch) = SmallStep.ScoresAsWeights([2, 1], [3, 5]);
        using var step = new SmallStep(model, shape, batch,
            [(ElsaLoss.FromOnnx(loss.ToByteArray()), "y", new float[] { 1, 1 }, 1)]);
        Assert.AreEqual(20, step.Session.Graph.Model.OpsetImport.Single(set => set.Domain == "").Version);
        Assert.AreEqual(3, step.Session.Step(0), 1e-6);
    }

    [TestMethod]
    public void A_newer_loss_that_would_change_GroupNormalization_is_refused()
    {
        var loss = MeanAbsolute();
        loss.OpsetImport[0].Version = 21;
        var (model, shape, batch) = SmallStep.ScoresAsWeights([2, 1], [3, 5]);
        model.OpsetImport.Single(set => set.Domain == "").Version = 18;
        model.Graph.Initializer.Add([TestModels.Random("image", DataType.Float, 1, 1, 2, 2), TestModels.Random("each", DataType.Float, 2, 1)]);
        model.Graph.Node.Add(TestModels.Node("GroupNormalization", ["image", "each", "each"], "unused", TestModels.Attribute("num_groups", 1)));
        var error = Assert.ThrowsExactly<ArgumentException>(() =>
            new SmallStep(model, shape, batch, [(ElsaLoss.FromOnnx(loss.ToByteArray()), "y", new float[] { 1, 1 }, 1)]));
        StringAssert.Contains(error.Message, "The loss 'onnx' has opset 21 and the model opset 18");
        StringAssert.Contains(error.Message, "Export the loss with opset 20 or less");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void A_loss_has_two_inputs(int count)
    {
        var loss = MeanAbsolute();
        if (count == 1) loss.Graph.Input.RemoveAt(1);
        else loss.Graph.Input.Add(TestModels.Value("third", DataType.Float, []));
        Assert.Contains($"'mine' has {count} inputs", Refusal(loss));
    }

    [TestMethod]
    public void The_output_is_float32()
    {
        var loss = MeanAbsolute();
        loss.Graph.Input[0] = TestModels.Value("output", DataType.Double, null);
        Assert.Contains("'output', is float64", Refusal(loss).Replace("double", "float64"));
    }

    [TestMethod]
    public void A_loss_depends_on_the_output()
    {
        var loss = MeanAbsolute();
        loss.Graph.Output[0] = TestModels.Value("label", DataType.Float, null);
        Assert.Contains("output 'label'", Refusal(loss));
        loss.Graph.Output[0] = TestModels.Value("missing", DataType.Float, null);
        Assert.Contains("'missing' of the loss", Refusal(loss));
    }

    [TestMethod]
    public void A_label_is_int64_or_float32()
    {
        var loss = MeanAbsolute();
        loss.Graph.Input[1] = TestModels.Value("label", DataType.Int32, null);
        var refusal = Refusal(loss);
        Assert.Contains("'label', is int32", refusal);
        Assert.Contains("allowed are int64 for classes and float32 for values", refusal);
    }

    [TestMethod]
    public void A_loss_that_no_gradient_leaves_is_refused()
    {
        var loss = Loss(DataType.Int64, 18,
            TestModels.Node("ArgMax", ["output"], "best", TestModels.Attribute("axis", -1), TestModels.Attribute("keepdims", 0)),
            TestModels.Node("Equal", ["best", "label"], "right"),
            TestModels.Node("Cast", ["right"], "hits", TestModels.Attribute("to", (int)DataType.Float)),
            TestModels.Node("ReduceMean", ["hits"], "accuracy", TestModels.Attribute("keepdims", 0)),
            TestModels.Node("Neg", ["accuracy"], "loss"));
        var (model, shape, batch) = SmallStep.ScoresAsWeights([2, 3], ScoreCheck.Scores(6, seed: 3));
        var error = Assert.ThrowsExactly<NotSupportedException>(() =>
            new SmallStep(model, shape, batch, [(ElsaLoss.FromOnnx(loss.ToByteArray()), "y", new long[] { 0, 1 }, 1)]));
        Assert.Contains("No gradient reaches", error.Message);
    }

    [TestMethod]
    public void Bytes_that_are_no_model_are_refused() =>
        Assert.ThrowsExactly<ParentFormatException>(() => ElsaLoss.FromOnnx(new byte[] { 1, 2, 3 }));

    [TestMethod]
    public void A_loss_that_is_no_single_number_is_refused()
    {
        var loss = MeanAbsolute();
        loss.Graph.Node.RemoveAt(2);
        loss.Graph.Output[0].Name = "absolute";
        var refusal = LossTests.Refusal(ElsaLoss.FromOnnx(loss.ToByteArray(), "mine"), [2, 3], null);
        Assert.Contains("'mine' makes float32 [2, 3]", refusal);
        Assert.Contains("ReduceMean", refusal);
    }

    [TestMethod]
    public void A_loss_that_does_not_run_is_refused_by_name()
    {
        var loss = MeanAbsolute();
        loss.Graph.Input[1] = TestModels.Value("label", DataType.Float, ["N", 7]);
        Assert.Contains("The loss 'mine' does not run on an output of float32 [2, 3] and a label of float32 [2, 7]",
            LossTests.Refusal(ElsaLoss.FromOnnx(loss.ToByteArray(), "mine"), [2, 3], null));
    }

    [TestMethod]
    public void Labels_of_classes_are_counted_by_the_last_axis()
    {
        var loss = Loss(DataType.Int64, 18,
            TestModels.Node("ReduceMean", ["output"], "loss", TestModels.Attribute("keepdims", 0)));
        int Classes(params long[] dimensions)
        {
            var shape = new ValueShape(DataType.Float, dimensions);
            return ElsaLoss.FromOnnx(loss.ToByteArray()).Target(new OutputHead(HeadKind.Plain, "y", shape, "y",
                shape), null).Classes;
        }

        Assert.AreEqual(5, Classes(4, 5));
        Assert.AreEqual(2, Classes(4, 1));
        Assert.AreEqual(2, Classes(4));
    }

    static ModelProto MeanAbsolute() => Loss(DataType.Float, 17,
        TestModels.Node("Sub", ["output", "label"], "difference"),
        TestModels.Node("Abs", ["difference"], "absolute"),
        TestModels.Node("ReduceMean", ["absolute"], "loss", TestModels.Attribute("keepdims", 0)));

    static ModelProto Loss(DataType label, int opset, params NodeProto[] nodes)
    {
        var model = TestModels.Model([("output", null)], [("loss", null)], DataType.Float, nodes, [], opset);
        model.Graph.Input.Add(TestModels.Value("label", label, null));
        return model;
    }

    static string Refusal(ModelProto loss) =>
        Assert.ThrowsExactly<ArgumentException>(() => ElsaLoss.FromOnnx(loss.ToByteArray(), "mine")).Message;
}
