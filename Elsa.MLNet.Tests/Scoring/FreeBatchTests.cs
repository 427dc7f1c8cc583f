using Elsa.MLNet.Data;
using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Data;
using Microsoft.ML;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring;

[TestClass]
public sealed class FreeBatchTests
{
    [TestMethod]
    [DataRow("mnist-8.onnx", 784, "Rewritten")]
    [DataRow("mnist-burn-conv-bn.onnx", 784, "Rewritten")]
    [DataRow("mlperftiny-ad01-autoencoder-mlp.onnx", 640, "Free")]
    [DataRow("resnet20-cifar10.onnx", 3072, "Free")]
    public void Real_models_score_batches_as_they_score_single_rows(string file, int size, string expected)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Shared.Require("models/" + file)));
        using var session = Load(model, size);
        Assert.AreEqual(expected, session.Batching.ToString(), session.Reason);
        AgreesWithTheOriginal(model, size, rows: 37);
    }

    [TestMethod]
    [DataRow("squeezenet1.1_fp32_from_fp16.onnx", 3 * 224 * 224, null)]
    [DataRow("squeezenet1.1_fp16.onnx", 3 * 224 * 224, null)]
    [DataRow("ultraface-slim-320.onnx", 3 * 240 * 320, "boxes")]
    public void Real_image_models_for_one_image_take_several(string file, int size, string? output)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Shared.Require("models/" + file)));
        using var session = LevelSession.Load(
            model, ModelSignature.Of(model, null, output), ModelSignature.Of(model, null, output).Bind(size), new ElsaExecutionOptions());
        Assert.AreEqual(Batching.Rewritten, session.Batching, session.Reason);
    }

    [TestMethod]
    public void A_model_for_one_row_is_opened_when_its_operators_allow()
    {
        using var session = Load(TestModels.Mlp(batch: 1), 6);
        Assert.AreEqual(Batching.Rewritten, session.Batching);
        AgreesWithTheOriginal(TestModels.Mlp(batch: 1), 6, rows: 20);
    }

    [TestMethod]
    [DataRow(new long[] { 1, 6 }, new long[] { 1, 2, 3 }, DisplayName = "fixed targets become -1")]
    [DataRow(new long[] { 1, -1 }, new long[] { 1, 2, 3 }, DisplayName = "a target with -1 gets a 0")]
    public void A_reshape_of_the_data_keeps_the_rows(long[] flat, long[] target)
    {
        var model = TestModels.Model(
            [("x", [1, 2, 3])], [("y", [1, 2, 3])], DataType.Float,
            [
                TestModels.Node("Reshape", ["x", "flat"], "f"), TestModels.Node("MatMul", ["f", "w"], "m"),
                TestModels.Node("Reshape", ["m", "target"], "y"),
            ],
            [TestModels.Integers("flat", flat), TestModels.Integers("target", target), TestModels.Random("w", DataType.Float, 3, 6, 6)]);
        using var session = Load(model, 6);
        Assert.AreEqual(Batching.Rewritten, session.Batching, session.Reason);
        AgreesWithTheOriginal(model, 6, rows: 5);
    }

    [TestMethod]
    public void A_shared_target_stays_for_those_that_need_it()
    {
        // 's' shapes the data and, as the shape of constant weights, must stay [1, 6].
        var model = TestModels.Model(
            [("x", [1, 2, 3])], [("y", [1, 6])], DataType.Float,
            [
                TestModels.Node("Reshape", ["x", "s"], "f"), TestModels.Node("Reshape", ["w", "s"], "v"), TestModels.Node("Add", ["f", "v"], "y"),
            ],
            [TestModels.Integers("s", 1, 6), TestModels.Random("w", DataType.Float, 3, 6)]);
        var before = model.Clone();

        var rewritten = FreeBatch.Apply(model, "x");

        Assert.AreEqual(before, model, "the original is not touched");
        CollectionAssert.AreEqual(new[] { "s", "w", "s_free_batch" }, rewritten.Graph.Initializer.Select(i => i.Name).ToArray());
        Assert.AreEqual("s", rewritten.Graph.Node[1].Input[1]);
        using var session = Load(model, 6);
        Assert.AreEqual(Batching.Rewritten, session.Batching, session.Reason);
        AgreesWithTheOriginal(model, 6, rows: 5);
    }

    [TestMethod]
    public void A_target_of_a_Constant_node_goes_when_nobody_else_uses_it()
    {
        var constant = new NodeProto { OpType = "Constant", Name = "c", Output = { "s" } };
        constant.Attribute.Add(new AttributeProto
        {
            Name = "value",
            Type = AttributeProto.Types.AttributeType.Tensor,
            T = TestModels.Integers("", 1, 6),
        });
        var model = TestModels.Model(
            [("x", [1, 2, 3])], [("y", [1, 6])], DataType.Float, [constant, TestModels.Node("Reshape", ["x", "s"], "y")], []);
        var rewritten = FreeBatch.Apply(model, "x");
        Assert.HasCount(1, rewritten.Graph.Node);
        Assert.AreEqual("s_free_batch", rewritten.Graph.Initializer.Single().Name);
        AgreesWithTheOriginal(model, 6, rows: 5);
    }

    [TestMethod]
    public void Stale_shapes_in_between_are_dropped()
    {
        var model = TestModels.Mlp(batch: 1);
        model.Graph.ValueInfo.Add(TestModels.Value("h", DataType.Float, [1, 8]));
        var rewritten = FreeBatch.Apply(model, "x");
        Assert.IsEmpty(rewritten.Graph.ValueInfo);
        Assert.AreEqual("elsa_batch", rewritten.Graph.Input[0].Type.TensorType.Shape.Dim[0].DimParam);
        Assert.AreEqual("elsa_batch", rewritten.Graph.Output[0].Type.TensorType.Shape.Dim[0].DimParam);
    }

    [TestMethod]
    [DataRow(1, DisplayName = "declared for one row")]
    [DataRow("N", DisplayName = "declared for any number of rows")]
    public void Rows_that_would_mix_go_one_by_one_and_score_right(object batch)
    {
        // The deviation from the mean over the batch: zero for a row alone.
        var model = TestModels.Model(
            [("x", [batch, 6])], [("y", [batch, 6])], DataType.Float,
            [
                TestModels.Node("ReduceMean", ["x"], "m", Axes(0)), TestModels.Node("Sub", ["x", "m"], "d"), TestModels.Node("Add", ["d", "w"], "y"),
            ],
            [TestModels.Random("w", DataType.Float, 1, 6)]);
        using var session = Load(model, 6);
        Assert.AreEqual(Batching.RowByRow, session.Batching);
        Assert.AreEqual("3 rows at once score differently from each alone", session.Reason);
        AgreesWithTheOriginal(model, 6, rows: 300);
    }

    [TestMethod]
    public void A_model_without_a_batch_dimension_goes_row_by_row()
    {
        var model = TestModels.Model(
            [("x", [2, 3])], [("y", [3])], DataType.Float, [TestModels.Node("ReduceSum", ["x", "a"], "y", TestModels.Attribute("keepdims", 0))],
            [TestModels.Integers("a", 0)]);
        using var session = Load(model, 6);
        Assert.AreEqual(Batching.RowByRow, session.Batching);
        Assert.AreEqual(3, session.OutputSizes[0]);
        StringAssert.Contains(session.Reason, "the input's first dimension is neither 1 nor free");

        var context = new MLContext(1);
        using var transformer = TestRows.Transformer(context, new TestLevels(model));
        var scores = TestRows.Vectors(transformer.Transform(TestRows.View(context, 10)));
        var rows = TestRows.Make(10);
        for (int i = 0; i < 10; i++)
            TestRows.Close([rows[i].Features[0] + rows[i].Features[3], rows[i].Features[1] + rows[i].Features[4], rows[i].Features[2] + rows[i].Features[5]], scores[i]);
    }

    [TestMethod]
    [DataRow("N", "scores batches of up to 256 rows.")]
    [DataRow(1, "was made for one row and is rewritten to score batches of up to 256 rows.")]
    public void How_rows_get_through_is_logged(object batch, string expected)
    {
        var context = new MLContext(1);
        var messages = new System.Collections.Concurrent.ConcurrentQueue<string>();
        context.Log += (_, e) => messages.Enqueue(e.RawMessage);
        using var transformer = TestRows.Transformer(context, new TestLevels(TestModels.Mlp(batch: batch)));
        TestRows.Vectors(transformer.Transform(TestRows.View(context, 1)));
        Assert.IsTrue(messages.Any(m => m == $"Level 0 with input 'x' float [{batch}, 6] {expected}"), string.Join("\n", messages));
    }

    private static AttributeProto Axes(params long[] axes)
    {
        var attribute = new AttributeProto { Name = "axes", Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.Add(axes);
        return attribute;
    }

    private static LevelSession Load(ModelProto model, int size) =>
        LevelSession.Load(
            model, ModelSignature.Of(model, null, null), ModelSignature.Of(model, null, null).Bind(size), new ElsaExecutionOptions());

    /// <summary>Our batches against the untouched model, one row per call.</summary>
    private static void AgreesWithTheOriginal(ModelProto model, int size, int rows)
    {
        var random = new Random(11);
        var data = Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, size).Select(_ => random.NextSingle()).ToArray()).ToArray();
        var levels = new TestLevels(model);
        var declared = ModelSignature.Of(model, null, null).Input.RowDimensionsFor(size)!;
        var expected = levels.Oracle(0, data, 1, declared);
        var hold = new LevelModel(new LevelSessions(new MLContext(1), levels, new ElsaExecutionOptions(), null, null), 0);
        using (var scorer = hold.Open(size, 16))
        {
            for (int start = 0; start < rows; start += scorer.Capacity)
            {
                int count = Math.Min(scorer.Capacity, rows - start);
                for (int i = 0; i < count; i++)
                    data[start + i].CopyTo(scorer.Input(i));
                scorer.Run(count);
                for (int i = 0; i < count; i++)
                {
                    float tolerance = 1e-4f * expected[start + i].Max(Math.Abs);
                    var actual = scorer.Score(i);
                    for (int v = 0; v < actual.Length; v++)
                        Assert.AreEqual(expected[start + i][v], actual[v], tolerance);
                }
            }
        }
        hold.Dispose();
    }
}
