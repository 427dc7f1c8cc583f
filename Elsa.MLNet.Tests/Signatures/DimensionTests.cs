using Elsa.MLNet.Tests.Complaints;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Signatures;

[TestClass]
public sealed class DimensionTests
{
    private readonly MLContext _context = new(1);

    // y[n, h] = sum over w of x[n, h, w].
    private static ModelProto RowSums(object?[]? output) => Typed.Model(
        [TestModels.Value("x", DataType.Float, ["N", "height", "width"])], [TestModels.Value("y", DataType.Float, output)],
        [TestModels.Node("ReduceSum", ["x", "axis"], "y", TestModels.Attribute("keepdims", 0))], TestModels.Integers("axis", 2));

    [TestMethod, Complaint("Only one dimension may be open")]
    public void Several_open_dimensions_are_bound_by_the_columns_type()
    {
        using var transformer = Typed.Transformer(_context, RowSums(["N", "height"]), [new("Score")], [new("Picture")]);
        var view = transformer.Transform(Pictures(6));
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 2), view.Schema["Score"].Type);
        CheckSums(view);
    }

    [TestMethod]
    public void Several_open_dimensions_are_bound_by_an_option()
    {
        using var transformer = Typed.Transformer(
            _context, RowSums(["N", "height"]), [new("Score")], [new("Flat") { Dimensions = [2, 3] }]);
        CheckSums(transformer.Transform(Pictures(6)));
        using var unbound = Typed.Transformer(_context, RowSums(["N", "height"]), [new("Score")], [new("Flat")]);
        StringAssert.StartsWith(
            Assert.ThrowsExactly<ArgumentException>(() => unbound.Transform(Pictures(1))).Message,
            "Column 'Flat' is Vector<Single, 6>, but the model's input wants 'x' float [N, height, width].");
    }

    [TestMethod]
    public void An_input_without_a_shape_is_bound_by_an_option_and_its_output_found_by_one_row()
    {
        var model = Typed.Model(
            [TestModels.Value("x", DataType.Float, null)], [TestModels.Value("y", DataType.Float, null)],
            [TestModels.Node("ReduceSum", ["x", "axis"], "y", TestModels.Attribute("keepdims", 0))], TestModels.Integers("axis", 2));
        using var transformer = Typed.Transformer(_context, model, [new("Score")], [new("Flat") { Dimensions = [2, 3] }]);
        CheckSums(transformer.Transform(Pictures(6)));
    }

    [TestMethod]
    public void A_symbol_that_one_input_settles_is_known_for_the_others_and_for_outputs()
    {
        var model = Typed.Model(
            [TestModels.Value("a", DataType.Float, ["N", "height", "width"]), TestModels.Value("b", DataType.Float, ["N", "height", "width"])],
            [TestModels.Value("y", DataType.Float, ["N", "height", "width"])], [TestModels.Node("Add", ["a", "b"], "y")]);
        var levels = new TestLevels(model);
        using var transformer = new ElsaTransformer(
            _context, levels, new ElsaExecutionOptions(), new([new("Score")], [new("Flat", "a"), new("Picture", "b")]), 0, ["dense"]);
        var view = transformer.Transform(Pictures(3));
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 2, 3), view.Schema["Score"].Type);
        Assert.AreEqual(1, levels.Extractions, "the schema needs no session");
        var scores = Typed.Vectors<float>(view, "Score");
        for (int row = 0; row < 3; row++)
            CollectionAssert.AreEqual(Values(row).Select(value => 2 * value).ToArray(), scores[row]);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Only_an_output_whose_size_the_model_does_not_declare_loads_the_level_for_the_schema(bool isDeclared)
    {
        var model = Typed.Model(
            [TestModels.Value("x", DataType.Float, ["N", 2, 3])],
            [TestModels.Value("y", DataType.Float, isDeclared ? ["N", 2, 3] : ["N", "somewhat", "other"])],
            [TestModels.Node("Relu", ["x"], "y")]);
        var levels = new TestLevels(model);
        using var transformer = new ElsaTransformer(
            _context, levels, new ElsaExecutionOptions(), new([new("Score")], [new("Picture", "x")]), 0, ["dense"]);
        var pictures = Pictures(3);
        var schema = transformer.GetOutputSchema(pictures.Schema);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 2, 3), schema["Score"].Type);
        Assert.AreEqual(isDeclared ? 1 : 2, levels.Extractions, "the signature's, and one for a session");
        Assert.HasCount(3, Typed.Vectors<float>(transformer.Transform(pictures), "Score"));
        Assert.AreEqual(2, levels.Extractions, "scoring uses the session that there is");
    }

    [TestMethod, Complaint("Only one dimension may be open")]
    public void The_same_transformer_scores_columns_of_different_widths()
    {
        using var transformer = Typed.Transformer(_context, RowSums(["N", "height"]), [new("Score")], [new("Picture")]);
        CheckSums(transformer.Transform(Pictures(2)));
        var wide = transformer.Transform(_context.Data.LoadFromEnumerable(new[] { new Wide { Picture = [1, 2, 3, 4, 5, 6, 7, 8] } }));
        CollectionAssert.AreEqual(new float[] { 10, 26 }, Typed.Vectors<float>(wide, "Score")[0]);
    }

    [TestMethod]
    public void Dimensions_that_contradict_the_model_are_refused()
    {
        foreach (int[] dimensions in new int[][] { [2, 0], [6], [1, 2, 3] })
        {
            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentException>(() => Typed.Transformer(
                    _context, RowSums(["N", "height"]), [new("Score")], [new("Flat") { Dimensions = dimensions }])).Message,
                "do not fit the model's input 'x' float [N, height, width]. Give the sizes of one row, without the batch");
        }
    }

    private static void CheckSums(IDataView view)
    {
        var scores = Typed.Vectors<float>(view, "Score");
        for (int row = 0; row < scores.Length; row++)
            CollectionAssert.AreEqual(new[] { Values(row)[..3].Sum(), Values(row)[3..].Sum() }, scores[row]);
    }

    private static float[] Values(int row) => [row, 2, 3, -row, 5, 0.5f];

    private IDataView Pictures(int count) => _context.Data.LoadFromEnumerable(
        Enumerable.Range(0, count).Select(row => new Shaped { Picture = Values(row), Flat = Values(row) }));

    internal sealed class Shaped
    {
        [VectorType(2, 3)]
        public float[] Picture { get; set; } = [];
        [VectorType(6)]
        public float[] Flat { get; set; } = [];
    }

    internal sealed class Wide
    {
        [VectorType(2, 4)]
        public float[] Picture { get; set; } = [];
    }
}
