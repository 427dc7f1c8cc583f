using Elsa.MLNet.Tests.Fitting;
using Google.Protobuf;
using Microsoft.ML;

namespace Elsa.MLNet.Tests.Complaints;

/// <summary>Our estimators are ML.NET's: whatever holds an IEstimator holds them.</summary>
[TestClass]
public sealed class CustomEstimatorTests
{
    /// <summary>What a sweep does: it knows a factory of estimators and nothing of ours, and builds a pipeline per
    /// trial.</summary>
    [TestMethod, Complaint("An estimator of one's own cannot tell its schema or be saved")]
    public void A_sweep_builds_fits_scores_and_disposes_a_pipeline_per_trial()
    {
        Func<MLContext, double, IEstimator<ITransformer>> factory = static (context, sparsity) =>
            context.Transforms.ElsaSparsify(new ElsaSparsifyOptions
            {
                OutputColumnName = "Score",
                InputColumnName = "Features",
                LabelColumnName = "Label",
                ModelBytes = SmallNetwork.Make().ToByteArray(),
                Sparsities = [sparsity],
            });
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
            losses[sparsity] = Distance(model.Transform(data.TestSet), sparse.Transform(data.TestSet));
        }
        Assert.IsGreaterThan(0, losses[0.3]);
        Assert.IsGreaterThan(losses[0.3], losses[0.95], "More zeros lie further from the dense level.");
    }

    static double Distance(IDataView dense, IDataView sparse) => Data.TestRows.Vectors(dense, "Copy")
        .Zip(Data.TestRows.Vectors(sparse, "Copy"))
        .Average(pair => pair.First.Zip(pair.Second, (one, other) => (double)(one - other) * (one - other)).Sum());
}
