using Elsa.MLNet.Tests.Complaints;
using Elsa.MLNet.Tests.Data;
using Elsa.MLNet.Tests.Fitting;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Signatures;

[TestClass]
public sealed class ScalarAndSlotNameTests
{
    private readonly MLContext _context = new(1);

    [TestMethod, Complaint("One score is a vector of 1, and Evaluate wants a scalar")]
    public void Evaluate_takes_a_single_score_as_a_scalar()
    {
        using var transformer = Typed.Transformer(
            _context, TestModels.Mlp(outputs: 1), [new("Score") { IsScalar = true }], [new("Features")]);
        var rows = TestRows.Make(60);
        var scores = Typed.Values<float>(transformer.Transform(_context.Data.LoadFromEnumerable(rows)), "Score");
        var labelled = rows.Select((row, i) => new Labelled { Features = row.Features, Label = scores[i] > 0, Target = scores[i] + 1 });
        var view = transformer.Transform(_context.Data.LoadFromEnumerable(labelled));

        Assert.AreEqual(NumberDataViewType.Single, view.Schema["Score"].Type);
        Assert.AreEqual(1, _context.BinaryClassification.EvaluateNonCalibrated(Predicted(view)).AreaUnderRocCurve, 1e-9);
        Assert.AreEqual(1, _context.Regression.Evaluate(view, "Target").MeanSquaredError, 1e-5);
    }

    [TestMethod]
    public void A_scalar_of_several_values_is_refused()
    {
        using var transformer = Typed.Transformer(_context, TestModels.Mlp(), [new("Score") { IsScalar = true }], [new("Features")]);
        Assert.StartsWith(
            "The model's output 'y' float [N, 3] gives 3 values for a row, so it cannot be a scalar column. Leave IsScalar out.",
            Assert.ThrowsExactly<ArgumentException>(() => transformer.GetOutputSchema(TestRows.View(_context, 1).Schema)).Message);
    }

    [TestMethod]
    public void Slot_names_come_from_the_option()
    {
        using var transformer = Typed.Transformer(
            _context, TestModels.Mlp(), [new("Score") { SlotNames = ["red", "green", "blue"] }], [new("Features")]);
        CollectionAssert.AreEqual(new[] { "red", "green", "blue" }, Names(transformer.GetOutputSchema(TestRows.View(_context, 1).Schema)));
        using var wrong = Typed.Transformer(_context, TestModels.Mlp(), [new("Score") { SlotNames = ["red"] }], [new("Features")]);
        Assert.AreEqual(
            "SlotNames of the output column 'Score' has 1 names, but the column is Vector<Single, 3>. Give one name for every value of a vector, or leave SlotNames out.",
            Assert.ThrowsExactly<ArgumentException>(() => wrong.GetOutputSchema(TestRows.View(_context, 1).Schema)).Message);
    }

    [TestMethod]
    public void Slot_names_come_from_the_labels_key_when_fitting_and_an_option_goes_before_them()
    {
        string[] animals = ["ant", "bee", "cat"];
        var random = new Random(1);
        var data = _context.Data.LoadFromEnumerable(Enumerable.Range(0, 90).Select(i => new Animal
        {
            Features = [.. Enumerable.Range(0, SmallNetwork.Inputs).Select(_ => random.NextSingle())],
            Kind = animals[i % 3],
        }));
        var options = new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            LabelColumnName = "Label",
            ModelBytes = SmallNetwork.Make().ToByteArray(),
            Sparsities = [0.5],
        };
        using var model = _context.Transforms.Conversion.MapValueToKey("Label", "Kind").AppendElsaSparsify(_context, options).Fit(data);
        CollectionAssert.AreEqual(animals, Names(model.GetOutputSchema(data.Schema)));
        using var sparse = model.LastTransformer.WithLevel("s50");
        CollectionAssert.AreEqual(animals, Names(sparse.GetOutputSchema(model.First().GetOutputSchema(data.Schema))));
        var named = options with { Outputs = [new("Score") { SlotNames = ["1", "2", "3"] }] };
        using var other = _context.Transforms.Conversion.MapValueToKey("Label", "Kind").AppendElsaSparsify(_context, named).Fit(data);
        CollectionAssert.AreEqual(new[] { "1", "2", "3" }, Names(other.GetOutputSchema(data.Schema)));
    }

    [TestMethod]
    public void A_fit_makes_columns_of_several_outputs_and_measures_the_named_one()
    {
        var network = SmallNetwork.Make();
        network.Graph.Node.Add(TestModels.Node("ArgMax", ["y"], "best", TestModels.Attribute("axis", 1), TestModels.Attribute("keepdims", 0)));
        network.Graph.Output.Insert(0, TestModels.Value("best", DataType.Int64, ["N"]));
        var options = new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Features",
            LabelColumnName = "Label",
            ModelBytes = network.ToByteArray(),
            Sparsities = [0.5],
            Outputs = [new("Class", "best") { IsScalar = true }, new("Score", "y")],
        };
        var data = SmallNetwork.Rows(_context, 200);
        using var elsa = _context.Transforms.ElsaSparsify(options).Fit(data);
        Assert.IsTrue(elsa.Levels[1].Metrics.ContainsKey("accuracy"));
        var view = elsa.Transform(data);
        var scores = Typed.Vectors<float>(view, "Score");
        var classes = Typed.Values<long>(view, "Class");
        for (int row = 0; row < 200; row++)
            Assert.AreEqual(Array.IndexOf(scores[row], scores[row].Max()), (int)classes[row]);

        Refused(options with { OnnxOutputName = "y" }, "Both Outputs and OnnxOutputName are given;");
        Refused(options with { OutputColumnName = "Other" }, "Outputs has no column 'Other', which OutputColumnName says is measured;");
        Refused(options with { OutputColumnName = "Class" }, "The model's output 'best' int64 [N] cannot be measured: fitting needs floating-point scores.");
        Refused(options with { Outputs = [new("Score", "y"), new("Label", "best")] }, "The output column 'Label' exists already.");
    }

    private void Refused(ElsaSparsifyOptions options, string message) => StringAssert.StartsWith(
        Assert.ThrowsExactly<ArgumentException>(() => _context.Transforms.ElsaSparsify(options).Fit(SmallNetwork.Rows(_context, 60))).Message, message);

    private IDataView Predicted(IDataView view) => _context.Transforms
        .CustomMapping<OneScore, Decision>((row, decision) => decision.PredictedLabel = row.Score > 0, null).Fit(view).Transform(view);

    private static string[] Names(DataViewSchema schema)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["Score"].GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    internal sealed class Labelled
    {
        [VectorType(TestRows.Size)]
        public float[] Features { get; set; } = [];
        public bool Label { get; set; }
        public float Target { get; set; }
    }

    internal sealed class OneScore
    {
        public float Score { get; set; }
    }

    internal sealed class Decision
    {
        public bool PredictedLabel { get; set; }
    }

    internal sealed class Animal
    {
        [VectorType(SmallNetwork.Inputs)]
        public float[] Features { get; set; } = [];
        public string Kind { get; set; } = "";
    }
}
