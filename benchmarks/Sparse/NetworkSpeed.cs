using System.Globalization;
using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Data;
using Elsa.MLNet.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;

namespace Elsa.MLNet.Benchmarks.Sparse;

/// <summary>How many times faster than its dense level a network's sparse levels score, through <see cref="ElsaTransformer"/>.</summary>
/// <param name="title">The network.</param>
/// <param name="model">Gives the dense network.</param>
/// <param name="inputs">Values of a row.</param>
/// <param name="batch">Rows scored together.</param>
/// <param name="threads">Threads.</param>
/// <param name="required">The least speed-up of s90; null where nothing is required.</param>
sealed class NetworkSpeed(string title, Func<ModelProto> model, int inputs, int batch, int threads, double? required) : ICheck
{
    const int LeastRows = 64, Batches = 4;

    static readonly double[] Sparsities = [0.8, 0.9, 0.95];

    public string Name => $"{title}, batch {batch}, {threads} thread{(threads == 1 ? "" : "s")}";

    public string Required => required is null ? "" : string.Create(CultureInfo.InvariantCulture, $"s90 at least {required}x");

    public Reading Measure(bool full)
    {
        var dense = MaskableModel.From(model());
        var parent = ParentModel.Create(dense, new ParentContent
        {
            Masks = ElsaAllocation.Global.Masks(dense, ElsaImportance.Magnitude, Sparsities),
            LevelNames = [.. Sparsities.Select(ElsaLevel.NameOf)],
            Fit = new ElsaFit { Method = "none", Importance = "magnitude", Allocation = "global" },
        });
        var context = new MLContext(1);
        var rows = Rows(context);
        using var transformer = new ElsaTransformer(context, parent,
            new ElsaExecutionOptions { BatchSize = batch, IntraOpNumThreads = threads }, new ScoringColumns("Score", "Features"), 0);
        var (texts, reached) = (new List<string>(), true);
        for (var level = 1; level <= Sparsities.Length; level++)
        {
            using var sparse = transformer.WithLevel(level);
            var ratios = TurnTaking.Ratios(() => Score(transformer, rows), () => Score(sparse, rows), full ? 61 : 15);
            texts.Add(string.Create(CultureInfo.InvariantCulture,
                $"{parent.Levels[level].Name}: {ratios.Median:0.0}x ({ratios.Smallest:0.0} to {ratios.Largest:0.0}, {sparse.Execution.Count(layer => layer.IsSparse)} of {sparse.Execution.Count} layers sparse)"));
            reached &= level != 2 || required is not { } least || ratios.Median >= least;
        }
        var measured = string.Join("; ", texts);
        return required is null ? Reading.ForInformation(measured) : Reading.Of(measured, reached);
    }

    IDataView Rows(MLContext context)
    {
        var random = new Random(1);
        var schema = SchemaDefinition.Create(typeof(Row));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, inputs);
        // A cursor over objects is compiled each time it is opened; one over memory is not.
        return context.Data.Cache(context.Data.LoadFromEnumerable(Enumerable.Range(0, Math.Max(batch * Batches, LeastRows)).Select(_ => new Row
        {
            Features = [.. Enumerable.Range(0, inputs).Select(_ => random.NextSingle())],
        }).ToList(), schema));
    }

    static void Score(ElsaTransformer transformer, IDataView rows)
    {
        var view = transformer.Transform(rows);
        var column = view.Schema["Score"];
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> score = default;
        while (cursor.MoveNext()) getter(ref score);
    }

    sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
