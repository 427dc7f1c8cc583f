using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>Scores that are numbers: how large they are matters, not how they compare.</summary>
[TestClass]
public sealed class RegressionTests
{
    const int Inputs = 12, Hidden = 40;

    readonly MLContext _context = new(1);

    [TestMethod]
    [DataRow("none", "Label")]
    [DataRow("none", null)]
    [DataRow("scaled and shaped", "Label")]
    public void Levels_keep_the_mean_of_the_score(string tail, string? label)
    {
        using var elsa = Fit(Model(tail), label);
        var means = elsa.Levels.Select(level => Scores(elsa, level.Index).Average()).ToList();
        var dense = Scores(elsa, 0);
        var deviation = Math.Sqrt(dense.Average(score => Math.Pow(score - means[0], 2)));
        Assert.IsGreaterThan(50 * deviation, means[0], "The model must be far from zero for the test to tell something.");
        for (var level = 1; level < means.Count; level++)
            Assert.AreEqual(means[0], means[level], 0.3 * deviation, elsa.Levels[level].Name);
    }

    [TestMethod]
    [DataRow("none", false)]
    [DataRow("Sigmoid", true)]
    [DataRow("shaped Sigmoid", true)]
    public void One_number_has_an_error_but_no_agreement_unless_it_is_a_probability(string tail, bool agrees)
    {
        using var elsa = Fit(Model(tail), label: null);
        Assert.IsTrue(elsa.Levels.All(level => level.Metrics.ContainsKey("relativeError")));
        Assert.IsTrue(elsa.Levels.All(level => level.Metrics.ContainsKey("agreement") == agrees));
        if (!agrees)
            StringAssert.Contains(
                Assert.Throws<InvalidOperationException>(() => elsa.WithLevel(ElsaLevelPolicy.AtLeastAccuracy(0.5, "agreement"))).Message,
                "the parent tells no agreement of it");
    }

    [TestMethod]
    public void A_report_of_numbers_tells_speed_and_errors_but_no_classes()
    {
        using var elsa = Fit(Model("none"), label: null);
        var report = ElsaReport.Of(elsa, Rows(), new ElsaReportOptions { MeasuringTime = TimeSpan.FromMilliseconds(10) });
        Assert.AreEqual(500, report.Rows);
        Assert.IsTrue(report.Levels.All(level => level is { Agreement: null, Accuracy: null, Flips.Count: 0, Speed: not null }));
        var text = report.ToString();
        StringAssert.Contains(text, "the score is a number, so no class is compared");
        Assert.DoesNotContain("flips", text);
        StringAssert.Contains(report.ToHtml(), "<th>fitted relativeError</th>");
    }

    [TestMethod]
    public void Agreement_is_measured_where_it_is_asked_for()
    {
        using var elsa = Fit(Model("none"), label: null, ElsaMetric.Agreement);
        Assert.IsTrue(elsa.Levels.All(level => level.Metrics["agreement"] == 1));
    }

    [TestMethod]
    public void A_number_as_label_is_compared_by_the_squared_error()
    {
        using var elsa = Fit(Model("none"), "Label");
        Assert.IsTrue(elsa.Levels.All(level => level.Metrics.ContainsKey("meanSquaredError") && !level.Metrics.ContainsKey("agreement")));
        Assert.IsTrue(elsa.Levels.All(level => level.Metrics["meanSquaredError"] < 1), string.Join(", ", elsa.Levels.Select(level => level.Metrics["meanSquaredError"])));
    }

    ElsaTransformer Fit(ModelProto model, string? label, ElsaMetric metric = ElsaMetric.Auto) => _context.Transforms.ElsaSparsify(new ElsaSparsifyOptions
    {
        OutputColumnName = "Score",
        InputColumnName = "Features",
        LabelColumnName = label,
        ModelBytes = model.ToByteArray(),
        Metric = metric,
    }).Fit(Rows());

    List<float> Scores(ElsaTransformer elsa, int level)
    {
        using var transformer = elsa.WithLevel(level);
        return [.. transformer.Transform(Rows()).GetColumn<float[]>("Score").Select(score => score[0])];
    }

    IDataView Rows()
    {
        var random = new Random(2);
        return _context.Data.LoadFromEnumerable(Enumerable.Range(0, 500).Select(_ =>
            new Row { Features = [.. Enumerable.Range(0, Inputs).Select(_ => 2 * random.NextSingle() - 1)], Label = 40 }).ToList());
    }

    /// <summary>A regression whose output lies around 40 and varies by some tenths.</summary>
    static ModelProto Model(string tail) => TestModels.Model(
        [("x", ["N", Inputs])], [("y", ["N", 1])], DataType.Float,
        [
            TestModels.Node("Gemm", ["x", "w1", "b1"], "h"), TestModels.Node("Relu", ["h"], "r"),
            TestModels.Node("Gemm", ["r", "w2", "b2"], tail == "none" ? "y" : "s"),
            .. tail switch
            {
                "none" => Array.Empty<NodeProto>(),
                "Sigmoid" => [TestModels.Node("Sigmoid", ["s"], "y")],
                "shaped Sigmoid" => [TestModels.Node("Sigmoid", ["s"], "p"), TestModels.Node("Flatten", ["p"], "y")],
                _ => [TestModels.Node("Mul", ["factor", "s"], "m"), TestModels.Node("Flatten", ["m"], "y")],
            },
        ],
        [
            TestModels.Random("w1", DataType.Float, 1, Inputs, Hidden), TestModels.Random("b1", DataType.Float, 2, Hidden),
            Scaled("w2", 3, 0.05f, 0, Hidden, 1), Scaled("b2", 4, 0, 40, 1), Scaled("factor", 5, 0, 1, 1),
        ]);

    static TensorProto Scaled(string name, int seed, float factor, float offset, params int[] shape)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, shape.Aggregate((a, b) => a * b)).Select(_ => factor * (2 * random.NextSingle() - 1) + offset);
        return new TensorProto { Name = name, DataType = (int)DataType.Float, Dims = { shape.Select(size => (long)size) }, FloatData = { values } };
    }

    sealed class Row
    {
        [VectorType(Inputs)] public float[] Features { get; set; } = [];
        public float Label { get; set; }
    }
}
