using Elsa.MLNet.Scoring;
using Elsa.MLNet.Tests.Complaints;
using Elsa.MLNet.Tests.Data;
using Microsoft.ML;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring;

[TestClass]
public sealed class LevelSessionTests
{
    private readonly MLContext _context = new(1);

    [TestMethod, Complaint("float16 and string tensors")]
    [DataRow(DataType.Float16, 2e-2f)]
    [DataRow(DataType.Double, 1e-4f)]
    public void Float16_and_double_tensors_are_converted_both_ways(DataType type, float tolerance)
    {
        using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp(type: type)), new ElsaExecutionOptions { BatchSize = 16 });
        var scores = TestRows.Vectors(transformer.Transform(TestRows.View(_context, 37)));
        var expected = new TestLevels(TestModels.Mlp()).Oracle(0, [.. TestRows.Make(37).Select(r => r.Features)], batch: 16);
        for (int i = 0; i < 37; i++)
            TestRows.Close(expected[i], scores[i], tolerance);
    }

    [TestMethod]
    public void One_unknown_dimension_follows_from_the_size_of_the_column()
    {
        var model = Sums(["N", 2, "width"]);
        using var transformer = TestRows.Transformer(_context, new TestLevels(model));
        var scores = TestRows.Vectors(transformer.Transform(TestRows.View(_context, 5)));
        var rows = TestRows.Make(5);
        for (int i = 0; i < 5; i++)
            TestRows.Close([rows[i].Features[..3].Sum(), rows[i].Features[3..].Sum()], scores[i]);
    }

    [TestMethod]
    [DataRow(new object[] { "N", "height", "width" }, "'x' float [N, height, width]")]
    [DataRow(new object[] { "N", 4, "width" }, "'x' float [N, 4, width]")]
    [DataRow(new object[] { "N", 2, 4 }, "'x' float [N, 2, 4]: 8 values per row")]
    public void Dimensions_that_the_column_does_not_settle_are_refused(object[] shape, string described)
    {
        using var transformer = TestRows.Transformer(_context, new TestLevels(Sums(shape)));
        var error = Assert.ThrowsExactly<ArgumentException>(() => transformer.Transform(TestRows.View(_context, 5)));
        Assert.AreEqual(
            $"Column 'Features' is Vector<Single, 6>, but the model's input wants {described}. Give rows of the size that the model was made for.",
            error.Message);
    }

    [TestMethod]
    public void Models_that_cannot_be_scored_are_refused_with_the_reason()
    {
        var sum = TestModels.Model(
            [("a", ["N", 2]), ("b", ["N", 2])], [("y", ["N", 2])], DataType.Float, [TestModels.Node("Add", ["a", "b"], "y")], []);
        Refused(sum, null, null, "The model has 2 inputs: 'a' float [N, 2]; 'b' float [N, 2]. One column can feed one input");
        var two = TestModels.Mlp();
        two.Graph.Output.Add(TestModels.Value("h", DataType.Float, ["N", 8]));
        Refused(two, null, null, "The model has 2 outputs: 'y' float [N, 3]; 'h' float [N, 8]. Name the one to use.");
        Refused(two, null, "z", "The model has no output 'z'. It has 'y' float [N, 3]; 'h' float [N, 8].");
        Refused(two, "z", "h", "The model has no input 'z'. It has 'x' float [N, 6].");
        Refused(new ModelProto { Graph = new GraphProto() }, null, null, "The model has no input.");
        Refused(TestModels.Model([("x", ["N", 2])], [("y", ["N", 2])], DataType.Bfloat16, [TestModels.Node("Identity", ["x"], "y")], []),
            null, null, "The model's 'x' bfloat16 [N, 2] cannot be scored. Allowed element types are float, float16, double, integers, bool and string");
        Refused(TestModels.Model([("x", null)], [("y", null)], DataType.Float, [TestModels.Node("Relu", ["x"], "y")], []),
            null, null, "The model's input 'x' float without a shape: how many values a row has is unknown.");
        Assert.AreEqual("h", ModelSignature.Of(two, "x", "h").Output.Name);
    }

    [TestMethod]
    public void A_model_that_ONNX_Runtime_refuses_names_itself_and_the_reason()
    {
        var model = TestModels.Model([("x", ["N", 2])], [("y", ["N", 2])], DataType.Float, [TestModels.Node("NoSuchOperator", ["x"], "y")], []);
        var opening = Assert.ThrowsExactly<ArgumentException>(() => Load(model, 2));
        StringAssert.StartsWith(opening.Message, "ONNX Runtime cannot open the model 'test': ");
        StringAssert.Contains(opening.Message, "NoSuchOperator");
        var torn = TestModels.Model(
            [("x", ["N", "width"])], [("y", null)], DataType.Float, [TestModels.Node("MatMul", ["x", "w"], "y")],
            [TestModels.Random("w", DataType.Float, 1, 3, 3)]);
        var running = Assert.ThrowsExactly<ArgumentException>(() => Load(torn, 2));
        StringAssert.StartsWith(running.Message, "The model 'test' does not run on one row of 2 values: ");
    }

    [TestMethod]
    public void An_output_that_breaks_its_declared_size_is_an_error()
    {
        var model = TestModels.Model(
            [("x", ["N", 6])], [("y", ["N", 6])], DataType.Float,
            [TestModels.Node("Concat", ["x", "x"], "y", TestModels.Attribute("axis", 1))], []);
        using var transformer = TestRows.Transformer(_context, new TestLevels(model));
        var error = Assert.Throws<Exception>(() => TestRows.Vectors(transformer.Transform(TestRows.View(_context, 1))));
        Assert.IsTrue(error is ArgumentException or InvalidOperationException, error.ToString());
    }

    [TestMethod]
    public void Buffers_beyond_two_gigabytes_are_refused_with_the_way_out()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new TensorBuffer(DataType.Float, [3, 224, 224], hasBatch: true, 65536));
        StringAssert.StartsWith(error.Message, "65536 rows of 150528 values need 39460012032 bytes in one buffer.");
        StringAssert.Contains(error.Message, "lower BatchSize");
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(65537)]
    public void Batch_sizes_outside_1_to_65536_are_refused(int size)
    {
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ElsaExecutionOptions { BatchSize = size });
        StringAssert.StartsWith(error.Message, $"BatchSize is {size} rows. Choose 1 to 65536");
    }

    [TestMethod]
    public void Other_execution_options_are_checked_too()
    {
        var intra = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ElsaExecutionOptions { IntraOpNumThreads = 0 });
        StringAssert.StartsWith(intra.Message, "IntraOpNumThreads is 0. Give at least 1, or null to leave the number to ONNX Runtime.");
        var inter = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ElsaExecutionOptions { InterOpNumThreads = -1 });
        StringAssert.StartsWith(inter.Message, "InterOpNumThreads is -1.");
        var provider = Assert.ThrowsExactly<ArgumentException>(() => new ElsaExecutionOptions { Provider = " " });
        StringAssert.StartsWith(provider.Message, "The provider's name is empty.");
        var defaults = new ElsaExecutionOptions();
        Assert.AreEqual((256, null, null, "CPU"), (defaults.BatchSize, defaults.IntraOpNumThreads, defaults.InterOpNumThreads, defaults.Provider));
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(2, 2)]
    public void Thread_options_do_not_change_scores(int intra, int inter)
    {
        var levels = new TestLevels(TestModels.Mlp());
        using var transformer = TestRows.Transformer(
            _context, levels, new ElsaExecutionOptions { IntraOpNumThreads = intra, InterOpNumThreads = inter });
        var scores = TestRows.Vectors(transformer.Transform(TestRows.View(_context, 300)));
        var expected = levels.Oracle(0, [.. TestRows.Make(300).Select(r => r.Features)], batch: 256);
        for (int i = 0; i < 300; i++)
            TestRows.Close(expected[i], scores[i]);
    }

    private static ModelProto Sums(object[] shape) => TestModels.Model(
        [("x", shape)], [("y", ["N", 2])], DataType.Float,
        [TestModels.Node("ReduceSum", ["x", "axis"], "y", TestModels.Attribute("keepdims", 0))], [TestModels.Integers("axis", 2)]);

    private static LevelSession Load(ModelProto model, int size) =>
        LevelSession.Load(
            model, ModelSignature.Of(model, null, null), ModelSignature.Of(model, null, null).Bind(size), new ElsaExecutionOptions());

    private static void Refused(ModelProto model, string? input, string? output, string message)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => ModelSignature.Of(model, input, output));
        StringAssert.StartsWith(error.Message, message);
    }
}
