using Elsa.MLNet.Tests.Data;
using Elsa.MLNet.Tests.Scoring;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Complaints;

/// <summary>ML.NET's evaluators take what a fitted pipeline and every level of it give, as it is.</summary>
[TestClass]
public sealed class EvaluateTests
{
    readonly MLContext _context = new(1);

    [TestMethod, Complaint("One score is a vector of 1, and Evaluate wants a scalar")]
    public void Evaluate_takes_the_scalar_score_of_a_fitted_regression()
    {
        var network = TestModels.Mlp(outputs: 1);
        using var model = Fit(network, LoadLabelled(network), new ElsaOutput("Score") { IsScalar = true });
        var view = model.Transform(LoadLabelled(network));
        Assert.AreEqual(NumberDataViewType.Single, view.Schema["Score"].Type);
        var own = _context.Regression.Evaluate(view, "Target").MeanSquaredError;
        Assert.AreEqual(0, own, 1e-6, "The dense level made the targets.");
        using var sparse = (IDisposable)model.WithElsaLevel("s50");
        var others = ((ITransformer)sparse).Transform(LoadLabelled(network));
        var error = _context.Regression.Evaluate(others, "Target").MeanSquaredError;
        Assert.IsGreaterThan(1e-6, error, "The sparse level is another network.");
    }

    /// <summary>ML.NET decides by the sign of Score, so that is the value before the Sigmoid.</summary>
    [TestMethod, Complaint("One score is a vector of 1, and Evaluate wants a scalar")]
    public void Evaluate_takes_the_scalar_score_and_probability_of_a_fitted_classifier()
    {
        var network = TestModels.Mlp(outputs: 1);
        var classifier = network.Clone();
        classifier.Graph.Node.Add(TestModels.Node("Sigmoid", ["y"], "p"));
        classifier.Graph.Output.Add(TestModels.Value("p", DataType.Float, ["N", 1]));
        using var model = Fit(classifier, LoadLabelled(network),
            new("Score", "y") { IsScalar = true }, new("Probability", "p") { IsScalar = true });
        var scored = model.Transform(LoadLabelled(network));
        var decision = _context.Transforms
            .CustomMapping<OneScore, Decision>((row, decision) => decision.PredictedLabel = row.Score > 0, null);
        var metrics = _context.BinaryClassification.Evaluate(decision.Fit(scored).Transform(scored));
        Assert.AreEqual(1, metrics.Accuracy, 1e-9);
        Assert.AreEqual(1, metrics.AreaUnderRocCurve, 1e-9);
    }

    TransformerChain<ElsaTransformer> Fit(ModelProto network, IDataView data, params ElsaOutput[] outputs) =>
        _context.Transforms.CopyColumns("Given", "Features").AppendElsaSparsify(_context, new ElsaSparsifyOptions
        {
            OutputColumnName = "Score",
            InputColumnName = "Given",
            LabelColumnName = "Target",
            ModelBytes = network.ToByteArray(),
            Sparsities = [0.5],
            Outputs = outputs,
        }).Fit(data);

    /// <summary>Rows whose target is what the network itself answers.</summary>
    IDataView LoadLabelled(ModelProto network)
    {
        var rows = TestRows.Make(100);
        var answers = new TestLevels(network).Oracle(0, [.. rows.Select(row => row.Features)], batch: 100);
        return _context.Data.LoadFromEnumerable(rows.Zip(answers, (row, answer) =>
            new Labelled { Features = row.Features, Target = answer[0], Label = answer[0] > 0 }).ToList());
    }

    internal sealed class Labelled
    {
        [VectorType(TestRows.Size)]
        public float[] Features { get; set; } = [];
        public float Target { get; set; }
        public bool Label { get; set; }
    }

    internal sealed class OneScore
    {
        public float Score { get; set; }
    }

    internal sealed class Decision
    {
        public bool PredictedLabel { get; set; }
    }
}
