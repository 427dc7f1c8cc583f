using Elsa.MLNet.Data;
using Elsa.MLNet.Tests.Complaints;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class SchemaTests
{
    private readonly MLContext _context = new(1);

    [TestMethod]
    public void The_score_is_a_vector_of_known_size_after_the_other_columns()
    {
        using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()));
        var schema = transformer.GetOutputSchema(TestRows.View(_context, 1).Schema);
        CollectionAssert.AreEqual(new[] { "Features", "Number", "Score" }, schema.Select(c => c.Name).ToArray());
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 3), schema["Score"].Type);
    }

    [TestMethod]
    public void A_column_of_the_output_schema_is_read_from_any_view()
    {
        using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()));
        var source = TestRows.View(_context, 5);
        var column = transformer.GetOutputSchema(source.Schema)["Score"];
        Assert.HasCount(5, transformer.Transform(source).GetColumn<float[]>(column).ToList());
    }

    [TestMethod]
    public void A_score_of_the_input_columns_name_hides_it_where_ML_NET_would_put_it()
    {
        var levels = new TestLevels(TestModels.Mlp());
        using var transformer = TestRows.Transformer(_context, levels, output: "Features", input: null);
        var source = TestRows.View(_context, 20);
        var view = transformer.Transform(source);
        var stock = _context.Transforms.NormalizeMinMax("Features").Fit(source).Transform(source);

        CollectionAssert.AreEqual(
            stock.Schema.Select(c => (c.Name, c.IsHidden)).ToArray(), view.Schema.Select(c => (c.Name, c.IsHidden)).ToArray());
        var expected = levels.Oracle(0, [.. TestRows.Make(20).Select(r => r.Features)], batch: 20);
        var scores = TestRows.Vectors(view, "Features");
        using var cursor = view.GetRowCursor(view.Schema);
        var hidden = cursor.GetGetter<VBuffer<float>>(view.Schema[0]);
        VBuffer<float> value = default;
        for (int i = 0; i < 20; i++)
        {
            CollectionAssert.AreEqual(expected[i], scores[i]);
            Assert.IsTrue(cursor.MoveNext());
            hidden(ref value);
            CollectionAssert.AreEqual(TestRows.Make(20)[i].Features, value.DenseValues().ToArray());
        }
    }

    [TestMethod]
    public void The_schema_is_found_without_loading_a_level()
    {
        var levels = new TestLevels(TestModels.Mlp());
        using var transformer = TestRows.Transformer(_context, levels);
        transformer.GetOutputSchema(TestRows.View(_context, 1).Schema);
        transformer.Transform(TestRows.View(_context, 1));
        Assert.AreEqual(1, levels.Extractions, "only for the signature");
    }

    [TestMethod]
    public void A_size_that_the_model_does_not_declare_is_found_by_one_row()
    {
        var levels = new TestLevels(TestModels.Mlp(outputShape: ["N", "unknown"]));
        using var transformer = TestRows.Transformer(_context, levels);
        for (int i = 0; i < 3; i++)
            Assert.AreEqual(3, ((VectorDataViewType)transformer.GetOutputSchema(TestRows.View(_context, 1).Schema)["Score"].Type).Size);
        Assert.AreEqual(2, levels.Extractions);
    }

    [TestMethod, Complaint("An estimator of one's own cannot tell its schema or be saved")]
    public void Custom_estimator_schema_promises_what_the_transformer_does()
    {
        var estimator = Estimator("Score", "Features");
        var view = TestRows.View(_context, 5);
        var shape = Shape(estimator, view.Schema);
        Assert.IsNotNull(shape);
        var score = shape.Single(c => c.Name == "Score");
        Assert.AreEqual(SchemaShape.Column.VectorKind.Vector, score.Kind);
        Assert.AreEqual(NumberDataViewType.Single, score.ItemType);
        Assert.IsFalse(score.IsKey);
        using var transformer = estimator.Fit(view);
        CollectionAssert.AreEquivalent(
            transformer.GetOutputSchema(view.Schema).Select(c => c.Name).ToArray(), shape.Select(c => c.Name).ToArray());
        Assert.HasCount(2, Shape(Estimator("Features", null), view.Schema)!);
    }

    [TestMethod]
    [DataRow("Score", "Missing", "There is no column 'Missing' to score. The columns are Features, Number, Text, Scalar, Variable, Short, Doubles, Key; name one of them as input column.")]
    [DataRow("Text", "Features", "The output column 'Text' exists already. Choose a name that is free, or 'Features' to replace the input column.")]
    [DataRow("Score", "Text", "Column 'Text' is String, but the model's input wants")]
    [DataRow("Score", "Doubles", "but the model's input wants")]
    [DataRow("Score", "Key", "Column 'Key' is Key<UInt32")]
    [DataRow("Score", "Variable", "a vector whose size varies by row, but the model's input wants")]
    public void Unfit_columns_are_refused_by_transformer_and_estimator_alike(string output, string input, string message)
    {
        var source = _context.Data.LoadFromEnumerable(new[] { new Odd() });
        using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()), output: output, input: input);
        var refused = Assert.ThrowsExactly<ArgumentException>(() => transformer.Transform(source));
        StringAssert.Contains(refused.Message, message);
        Assert.ThrowsExactly<ArgumentException>(() => transformer.GetOutputSchema(source.Schema));
        Assert.ThrowsExactly<ArgumentException>(() => ((ITransformer)transformer).GetRowToRowMapper(source.Schema));
        var estimator = Estimator(output, input);
        Assert.ThrowsExactly<ArgumentException>(() => estimator.Fit(source));
        var promised = Assert.ThrowsExactly<ArgumentException>(() => Shape(estimator, source.Schema));
        StringAssert.Contains(promised.Message, message.Split(" is ")[0]);
    }

    [TestMethod]
    [DataRow("Short", "Column 'Short' is Vector<Single, 4>, but the model's input wants 'x' float [N, 6]: 6 values per row. Give rows of the size that the model was made for.")]
    [DataRow("Scalar", "Column 'Scalar' is Single, but the model's input wants 'x' float [N, 6]: 6 values per row. Give rows of the size that the model was made for.")]
    public void A_column_of_another_size_is_refused(string input, string message)
    {
        var source = _context.Data.LoadFromEnumerable(new[] { new Odd() });
        using var transformer = TestRows.Transformer(_context, new TestLevels(TestModels.Mlp()), input: input);
        Assert.AreEqual(message, Assert.ThrowsExactly<ArgumentException>(() => transformer.Transform(source)).Message);
    }

    [TestMethod]
    public void Empty_column_names_are_refused()
    {
        Assert.AreEqual("outputColumnName", Assert.ThrowsExactly<ArgumentException>(() => new ScoringColumns(" ", "x")).ParamName);
        Assert.AreEqual("inputColumnName", Assert.ThrowsExactly<ArgumentException>(() => new ScoringColumns("x", "")).ParamName);
    }

    [TestMethod]
    public void A_row_of_another_size_than_its_type_is_an_error_and_not_a_wrong_score()
    {
        var source = TestRows.View(_context, 1);
        using var cursor = source.GetRowCursor(source.Schema);
        var reader = new InputReader<float>(cursor, source.Schema["Features"]);
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => reader.Write(new VBuffer<float>(2, [1, 2]), new float[3]));
        StringAssert.StartsWith(error.Message, "A row of column 'Features' has 2 values, though the column's type promises 3.");
    }

    private ElsaScoringEstimator Estimator(string output, string? input) =>
        _context.Transforms.ApplyElsaModel(output, input, TestParents.Of(TestModels.Mlp()));

    /// <summary>What a chain of ML.NET asks of an estimator before it fits.</summary>
    private static SchemaShape? Shape(ElsaScoringEstimator estimator, DataViewSchema schema)
    {
        var probe = new Probe(estimator);
        new EstimatorChain<ITransformer>().Append(probe).Fit(new WithoutRows(schema));
        return probe.Seen;
    }

    private sealed class Probe(ElsaScoringEstimator estimator) : IEstimator<ITransformer>
    {
        public SchemaShape? Seen { get; private set; }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => Seen = estimator.GetOutputSchema(inputSchema);

        public ITransformer Fit(IDataView input) => new TransformerChain<ITransformer>();
    }

    private sealed class WithoutRows(DataViewSchema schema) : IDataView
    {
        public bool CanShuffle => false;

        public DataViewSchema Schema => schema;

        public long? GetRowCount() => 0;

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
            throw new NotSupportedException();

        public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
            throw new NotSupportedException();
    }

    internal sealed class Odd
    {
        [VectorType(TestRows.Size)]
        public float[] Features { get; set; } = new float[TestRows.Size];
        public int Number { get; set; }
        public string Text { get; set; } = "";
        public float Scalar { get; set; }
        public float[] Variable { get; set; } = [];
        [VectorType(4)]
        public float[] Short { get; set; } = new float[4];
        [VectorType(TestRows.Size)]
        public double[] Doubles { get; set; } = new double[TestRows.Size];
        [KeyType(5)]
        public uint Key { get; set; }
    }
}
