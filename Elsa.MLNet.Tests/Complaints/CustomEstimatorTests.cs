using System.Reflection;
using Elsa.MLNet.Tests.Fitting;
using Google.Protobuf;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Complaints;

/// <summary>Our estimators are ML.NET's: whatever holds an IEstimator holds them.</summary>
[TestClass]
public sealed class CustomEstimatorTests
{
    static readonly ElsaSparsifyOptions Options = new()
    {
        OutputColumnName = "Score",
        InputColumnName = "Features",
        LabelColumnName = "Label",
        ModelBytes = SmallNetwork.Make().ToByteArray(),
        Sparsities = [0.5],
    };

    /// <summary>What a sweep does: it knows a factory of estimators and nothing of ours, and builds a pipeline per
    /// trial.</summary>
    [TestMethod, Complaint("An estimator of one's own cannot tell its schema or be saved")]
    public void A_sweep_builds_fits_scores_and_disposes_a_pipeline_per_trial()
    {
        Func<MLContext, double, IEstimator<ITransformer>> factory = static (context, sparsity) =>
            context.Transforms.ElsaSparsify(Options with { Sparsities = [sparsity] });
        var context = new MLContext(1);
        var data = context.Data.TrainTestSplit(SmallNetwork.Rows(context, 300), 0.3);
        var losses = new Dictionary<double, double>();
        foreach (var sparsity in new[] { 0.3, 0.95 })
        {
            var pipeline = context.Transforms.CopyColumns("Given", "Features").Append(factory(context, sparsity))
                .Append(context.Transforms.CopyColumns("Copy", "Score"));
            using var model = pipeline.Fit(data.TrainSet);
            var sparse = model.WithElsaLevel(model.ElsaTransformers().Single().Levels[1].Name);
            using var owner = (IDisposable)sparse;
            losses[sparsity] = Distance(model.Transform(data.TestSet), sparse.Transform(data.TestSet), "Copy");
        }
        Assert.IsGreaterThan(0, losses[0.3]);
        Assert.IsGreaterThan(losses[0.3], losses[0.95], "More zeros lie further from the dense level.");
    }

    [TestMethod]
    public void A_fit_in_an_environment_that_is_cancelled_does_nothing_and_its_models_still_score()
    {
        var context = new MLContext(1);
        var data = SmallNetwork.Rows(context, 300);
        var options = Options with { Progress = new Reports() };
        using var before = context.Transforms.ElsaSparsify(options).Fit(data);
        Cancel(context);
        var late = new Reports();
        Assert.ThrowsExactly<OperationCanceledException>(() => context.Transforms.ElsaSparsify(options with { Progress = late }).Fit(data));
        Assert.AreEqual(0, late.Count);
        Assert.IsGreaterThan(0, ((Reports)options.Progress).Count);
        Assert.HasCount(300, Data.TestRows.Vectors(before.Transform(SmallNetwork.Rows(new MLContext(1), 300))));
    }

    [TestMethod]
    [DataRow("read", "")]
    [DataRow("side parameters", "s50")]
    [DataRow("measure", "s50")]
    public void A_fit_stops_within_a_phase_when_its_environment_is_cancelled(string phase, string level)
    {
        var context = new MLContext(1);
        var reports = new Reports
        {
            Then = progress =>
            {
                if ((progress.Phase, progress.Level) == (phase, level)) Cancel(context);
            },
        };
        var estimator = context.Transforms.ElsaSparsify(Options with { Progress = reports });
        Assert.ThrowsExactly<OperationCanceledException>(() => estimator.Fit(SmallNetwork.Rows(context, 300)));
        Assert.AreEqual((phase, level), (reports.Last.Phase, reports.Last.Level));
    }

    [TestMethod]
    public void What_evaluates_by_itself_evaluates_the_level_that_the_options_name()
    {
        var context = new MLContext(1);
        var data = SmallNetwork.Rows(context, 300);
        var options = Options with { Sparsities = [0.5, 0.95], Level = Onnx.ElsaLevel.NameOf(0.95) };
        using var sparse = context.Transforms.ElsaSparsify(options).Fit(data);
        using var named = sparse.WithLevel("s95");
        Assert.AreEqual(2, sparse.Level);
        Assert.AreEqual(0, Distance(sparse.Transform(data), named.Transform(data), "Score"));
        var unknown = Assert.ThrowsExactly<ArgumentException>(() => context.Transforms.ElsaSparsify(options with { Level = "s90" }));
        Assert.AreEqual("Level is 's90', which is not made; Sparsities makes dense, s50, s95. Name one of them.", unknown.Message);
    }

    /// <summary>As AutoML stops a trial.</summary>
    static void Cancel(MLContext context) =>
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(context, null);

    static double Distance(IDataView one, IDataView other, string column) => Data.TestRows.Vectors(one, column)
        .Zip(Data.TestRows.Vectors(other, column))
        .Average(pair => pair.First.Zip(pair.Second, (one, other) => (double)(one - other) * (one - other)).Sum());

    sealed class Reports : IProgress<ElsaProgress>
    {
        public int Count { get; private set; }

        public ElsaProgress Last { get; private set; }

        public Action<ElsaProgress>? Then { get; init; }

        public void Report(ElsaProgress value)
        {
            (Count, Last) = (Count + 1, value);
            Then?.Invoke(value);
        }
    }
}
