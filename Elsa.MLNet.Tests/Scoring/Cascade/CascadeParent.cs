using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Fitting;
using Microsoft.ML;
using Onnx;

namespace Elsa.MLNet.Tests.Scoring.Cascade;

/// <summary>A small parent of four levels, and rows that its dense level labels, mostly.</summary>
static class CascadeParent
{
    public sealed class Row
    {
        [Microsoft.ML.Data.VectorType(SmallNetwork.Inputs)] public float[] Features { get; set; } = [];
        public int Label { get; set; }
        public string Name { get; set; } = "";
    }

    public sealed class Prediction
    {
        public float[] Score { get; set; } = [];
        public int LevelUsed { get; set; }
        public string Name { get; set; } = "";
    }

    public static ParentModel Make(ModelProto? dense = null)
    {
        var model = MaskableModel.From(dense ?? SmallNetwork.Make());
        double[] sparsities = [0.3, 0.6, 0.8];
        return ParentModel.Create(model, new ParentContent
        {
            Masks = ElsaAllocation.Global.Masks(model, ElsaImportance.Magnitude, sparsities),
            LevelNames = [.. sparsities.Select(ElsaLevel.NameOf)],
            SideParameters = new SideParameters(),
            Fit = new ElsaFit { Method = "test", Importance = "magnitude", Allocation = "global" },
        });
    }

    /// <summary>Rows of which the dense level has 19 of 20 right.</summary>
    public static List<Row> Rows(MLContext context, ParentModel parent, int count, int seed = 3)
    {
        var random = new Random(seed);
        var rows = Enumerable.Range(0, count).Select(index => new Row
        {
            Features = [.. Enumerable.Range(0, SmallNetwork.Inputs).Select(_ => (2 * random.NextSingle()) - 1)],
            Name = $"row {index}",
        }).ToList();
        using var dense = context.Transforms.ApplyElsaModel("Score", "Features", parent).Fit(context.Data.LoadFromEnumerable(rows));
        var scores = Data.TestRows.Vectors(dense.Transform(context.Data.LoadFromEnumerable(rows)));
        for (int row = 0; row < count; row++)
            rows[row].Label = random.Next(20) == 0 ? random.Next(SmallNetwork.Classes) : Class(scores[row]);
        return rows;
    }

    public static int Class(float[] score) => Array.IndexOf(score, score.Max());
}
