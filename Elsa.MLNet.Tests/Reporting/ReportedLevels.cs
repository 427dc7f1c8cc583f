using Elsa.MLNet.Tests.Fitting;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Elsa.MLNet.Tests.Reporting;

/// <summary>A small network with levels, and rows that it has not seen.</summary>
static class ReportedLevels
{
    public const int Rows = 300;

    public static ElsaReportOptions Quick { get; } = new() { LabelColumnName = "Label", MeasuringTime = TimeSpan.FromMilliseconds(1) };

    public static ElsaTransformer Fit(MLContext context) => context.Transforms.ElsaSparsify(new ElsaSparsifyOptions
    {
        OutputColumnName = "Score",
        InputColumnName = "Features",
        LabelColumnName = "Label",
        ModelBytes = SmallNetwork.Make().ToByteArray(),
        Sparsities = [0.5, 0.9],
    }).Fit(SmallNetwork.Rows(context, 200));

    public static IDataView HeldOut(MLContext context, int rows = Rows) => SmallNetwork.Rows(context, rows, seed: 7);

    /// <summary>The classes of a level's scores, by hand.</summary>
    public static int[] Classes(ElsaTransformer elsa, int level, IDataView rows)
    {
        using var scored = elsa.WithLevel(level);
        return [.. scored.Transform(rows).GetColumn<float[]>("Score").Select(score => Array.IndexOf(score, score.Max()))];
    }
}
