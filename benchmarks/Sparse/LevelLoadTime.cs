using System.Diagnostics;
using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>From a parent in memory to the first scored batch: a sparse level, whose kernels were chosen before, over the dense one.</summary>
sealed class LevelLoadTime : ICheck
{
    const double Allowed = 2;
    const int Inputs = 784, Batch = 64;

    public string Name => "load and first batch of s90 / of dense, MLP 784-1024-1024-10, choice of kernels kept";

    public string Required => string.Create(CultureInfo.InvariantCulture, $"at most {Allowed}x");

    public Reading Measure(bool full)
    {
        var model = MaskableModel.From(SparseChecks.LargeMlp());
        var parent = ParentModel.Create(model, new ParentContent
        {
            Masks = ElsaAllocation.Global.Masks(model, ElsaImportance.Magnitude, [0.8, 0.9]),
            LevelNames = ["s80", "s90"],
            Fit = new ElsaFit { Method = "none", Importance = "magnitude", Allocation = "global" },
        });
        var context = new MLContext(1);
        var rows = context.Data.LoadFromEnumerable(Enumerable.Range(0, Batch).Select(_ => new Row()).ToList());
        Load(2);
        Load(0);
        var first = Load(2);
        var ratios = new Ratios(Enumerable.Range(0, full ? 31 : 9).Select(_ => Load(2) / Load(0)).ToList());
        return Reading.Of(string.Create(CultureInfo.InvariantCulture,
            $"{ratios.Median:0.0}x ({ratios.Smallest:0.0} to {ratios.Largest:0.0}; {1000 * first:0} ms)"), ratios.Median <= Allowed);

        double Load(int level)
        {
            var clock = Stopwatch.StartNew();
            using var transformer = new ElsaTransformer(context, parent, new ElsaExecutionOptions { BatchSize = Batch }, new ScoringColumns("Score", "Features"), level);
            _ = transformer.Transform(rows).GetColumn<float[]>("Score").Last();
            return clock.Elapsed.TotalSeconds;
        }
    }

    sealed class Row
    {
        [VectorType(Inputs)] public float[] Features { get; set; } = new float[Inputs];
    }
}
