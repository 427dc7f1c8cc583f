using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Signatures;

[TestClass]
public sealed class SeveralColumnsTests
{
    private readonly MLContext _context = new(1);

    // sum = a + b, ids of int64 pass through; 'a' and 'b' are [N, 3] and [N, 3].
    private static ModelProto Sum(params object?[] shape) => Typed.Model(
        [TestModels.Value("a", DataType.Float, shape), TestModels.Value("ids", DataType.Int64, ["N", 1]), TestModels.Value("b", DataType.Float, shape)],
        [TestModels.Value("sum", DataType.Float, shape), TestModels.Value("same", DataType.Int64, ["N", 1])],
        [TestModels.Node("Add", ["a", "b"], "sum"), TestModels.Node("Identity", ["ids"], "same")]);

    [TestMethod]
    public void Columns_of_any_names_feed_inputs_and_receive_outputs_in_batches()
    {
        using var transformer = Typed.Transformer(
            _context, Sum("N", 3), [new("Total", "sum"), new("Which", "same") { IsScalar = true }],
            [new("Right", "b"), new("Left", "a"), new("Id", "ids")]);
        var rows = Rows(11);
        var view = transformer.Transform(_context.Data.LoadFromEnumerable(rows));
        CollectionAssert.AreEqual(new[] { "Left", "Right", "Id", "Number", "Total", "Which" }, view.Schema.Select(c => c.Name).ToArray());
        Assert.AreEqual(NumberDataViewType.Int64, view.Schema["Which"].Type);
        using var cursor = view.GetRowCursor(view.Schema);
        var total = cursor.GetGetter<VBuffer<float>>(view.Schema["Total"]);
        var which = cursor.GetGetter<long>(view.Schema["Which"]);
        VBuffer<float> sum = default;
        long id = 0;
        foreach (var row in rows)
        {
            Assert.IsTrue(cursor.MoveNext());
            which(ref id);
            total(ref sum);
            Assert.AreEqual(row.Id, id);
            CollectionAssert.AreEqual(row.Left.Zip(row.Right, (a, b) => a + b).ToArray(), sum.DenseValues().ToArray());
        }
        Assert.IsFalse(cursor.MoveNext());
    }

    [TestMethod]
    public void Names_of_the_model_itself_need_no_mapping_and_outputs_that_nobody_named_are_left_out()
    {
        using var transformer = Typed.Transformer(_context, Sum("N", 3), [new("sum")], [new("a"), new("ids"), new("b")]);
        var view = _context.Data.LoadFromEnumerable(Rows(3).Select(row => new Named { a = row.Left, b = row.Right, ids = row.Id }));
        CollectionAssert.AreEqual(new[] { "a", "b", "ids", "sum" }, transformer.GetOutputSchema(view.Schema).Select(c => c.Name).ToArray());
        Assert.HasCount(3, Typed.Vectors<float>(transformer.Transform(view), "sum"));
    }

    [TestMethod]
    public void A_prediction_engine_scores_several_columns()
    {
        using var transformer = Typed.Transformer(
            _context, Sum("N", 3), [new("Total", "sum"), new("Which", "same") { IsScalar = true }],
            [new("Right", "b"), new("Left", "a"), new("Id", "ids")]);
        using var engine = _context.Model.CreatePredictionEngine<Row, Predicted>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        var row = Rows(1)[0];
        var predicted = engine.Predict(row);
        Assert.AreEqual(row.Id, predicted.Which);
        CollectionAssert.AreEqual(row.Left.Zip(row.Right, (a, b) => a + b).ToArray(), predicted.Total);
    }

    [TestMethod]
    public void An_output_may_replace_any_input_column_and_no_other()
    {
        using var transformer = Typed.Transformer(
            _context, Sum("N", 3), [new("Left", "sum"), new("New", "same")], [new("Left", "a"), new("Right", "b"), new("Id", "ids")]);
        var schema = transformer.GetOutputSchema(_context.Data.LoadFromEnumerable(Rows(1)).Schema);
        CollectionAssert.AreEqual(new[] { "Left", "Left", "Right", "Id", "Number", "New" }, schema.Select(c => c.Name).ToArray());
        using var taken = Typed.Transformer(
            _context, Sum("N", 3), [new("Number", "sum")], [new("Left", "a"), new("Right", "b"), new("Id", "ids")]);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => taken.GetOutputSchema(_context.Data.LoadFromEnumerable(Rows(1)).Schema)).Message,
            "'Number' exists already. Choose a name that is free, or 'Left' or 'Right' or 'Id'");
    }

    [TestMethod]
    public void An_input_with_a_batch_of_its_own_makes_rows_go_one_by_one()
    {
        var model = Typed.Model(
            [TestModels.Value("x", DataType.Float, ["N", 3]), TestModels.Value("scale", DataType.Float, [])],
            [TestModels.Value("y", DataType.Float, ["N", 3])], [TestModels.Node("Mul", ["x", "scale"], "y")]);
        using var transformer = Typed.Transformer(_context, model, [new("Score")], [new("Left", "x"), new("Factor", "scale")]);
        var view = _context.Data.LoadFromEnumerable(Rows(5).Select(row => new Scaled { Left = row.Left, Factor = row.Id }));
        var scores = Typed.Vectors<float>(transformer.Transform(view), "Score");
        for (int row = 0; row < 5; row++)
            CollectionAssert.AreEqual(Rows(5)[row].Left.Select(value => value * row).ToArray(), scores[row]);
    }

    [TestMethod]
    public void A_mapping_that_does_not_fit_the_model_is_refused()
    {
        Refused(Sum("N", 3), [new("T", "sum")], [new("a")], "The model has 3 inputs:");
        Refused(Sum("N", 3), [new("T", "sum")], [new("a"), new("b"), new("c")], "The model has 3 inputs:");
        Refused(Sum("N", 3), [new("T", "sum")], [new("Left", "a"), new("Right", "a"), new("Id", "ids")], "The input 'a' is named 2 times.");
        Refused(Sum("N", 3), [new("T", "sum"), new("U", "sum")], [new("a"), new("b"), new("ids")], "The output 'sum' is named 2 times.");
        Refused(Sum("N", 3), [new("T", "total")], [new("a"), new("b"), new("ids")], "The model has no output 'total'.");
        Refused(Sum("N", 3), [new("T")], [new("a"), new("b"), new("ids")], "The model has 2 outputs:");
        Refused(Sum("N", 3), [], [new("a")], "Outputs is empty;");
        Refused(Sum("N", 3), [new("T")], [], "Inputs is empty;");
        Refused(Sum("N", 3), [new("T", "sum"), new("T", "same")], [new("a")], "Outputs names the column 'T' 2 times;");
        Assert.ThrowsExactly<ArgumentException>(() => new ElsaInput(" "));
        Assert.ThrowsExactly<ArgumentException>(() => new ElsaInput("x", ""));
        Assert.ThrowsExactly<ArgumentException>(() => new ElsaOutput(""));
        Assert.ThrowsExactly<ArgumentException>(() => new ElsaOutput("y", " "));
    }

    [TestMethod]
    public void The_estimator_scores_with_a_level_of_a_parent_and_promises_the_columns()
    {
        var parent = TestParents.Of(TestModels.Mlp());
        var estimator = _context.Transforms.ApplyElsaModel(new ElsaScoringOptions
        {
            Outputs = [new("Score") { SlotNames = ["a", "b", "c"] }],
            Inputs = [new("Features")],
            Parent = parent,
            Level = "s50",
        });
        var view = Data.TestRows.View(_context, 9);
        using var model = _context.Transforms.CopyColumns("Copy", "Features").Append(estimator)
            .Append(_context.Transforms.NormalizeMinMax("Scaled", "Score")).Fit(view);
        using var simple = _context.Transforms.ApplyElsaModel("Score", "Features", parent, "s50").Fit(view);
        var expected = Data.TestRows.Vectors(simple.Transform(view));
        var actual = Data.TestRows.Vectors(model.Transform(view));
        for (int row = 0; row < 9; row++)
            CollectionAssert.AreEqual(expected[row], actual[row]);
    }

    [TestMethod]
    public void No_parent_and_two_parents_are_refused()
    {
        var options = new ElsaScoringOptions { Outputs = [new("Score")], Inputs = [new("Features")] };
        Assert.AreEqual("No parent is given; set ParentFile or Parent.",
            Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ApplyElsaModel(options)).Message);
        var two = options with { ParentFile = "a.onnx", Parent = TestParents.Of(TestModels.Mlp()) };
        Assert.AreEqual("Both ParentFile and Parent are given; set one.",
            Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ApplyElsaModel(two)).Message);
    }

    private void Refused(ModelProto model, ElsaOutput[] outputs, ElsaInput[] inputs, string message) => StringAssert.StartsWith(
        Assert.ThrowsExactly<ArgumentException>(() => Typed.Transformer(_context, model, outputs, inputs)).Message, message);

    private static Row[] Rows(int count) => [.. Enumerable.Range(0, count).Select(i => new Row
    {
        Left = [i, i + 0.5f, -i],
        Right = [1, 2, i],
        Id = i,
    })];

    internal sealed class Row
    {
        [VectorType(3)]
        public float[] Left { get; set; } = [];
        [VectorType(3)]
        public float[] Right { get; set; } = [];
        public long Id { get; set; }
        public int Number { get; set; }
    }

    internal sealed class Named
    {
        [VectorType(3)]
        public float[] a { get; set; } = [];
        [VectorType(3)]
        public float[] b { get; set; } = [];
        public long ids { get; set; }
    }

    internal sealed class Scaled
    {
        [VectorType(3)]
        public float[] Left { get; set; } = [];
        public float Factor { get; set; }
    }

    internal sealed class Predicted
    {
        public float[] Total { get; set; } = [];
        public long Which { get; set; }
    }
}
