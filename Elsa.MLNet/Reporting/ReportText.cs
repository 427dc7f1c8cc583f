using System.Text;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Reporting;

/// <summary>The report in plain text, and the sentences that both forms say.</summary>
internal static class ReportText
{
    public static string Of(ElsaReport report)
    {
        var table = ReportTable.Of(report);
        var text = new StringBuilder();
        TextTable.Append(text, "Levels", table.Header, table.Rows);
        foreach (var sentence in Notes(report)) text.Append(sentence).Append('\n');
        return text.ToString();
    }

    public static IEnumerable<string> Notes(ElsaReport report)
    {
        yield return $"Parent: {ReportTable.Whole(report.ParentBytes)} bytes for all {report.Levels.Count} levels. " +
            "Sparsity is of the maskable weights; bytes are of the level extracted as plain ONNX.";
        if (report.Rows == 0)
        {
            yield return "Nothing was scored: no held-out rows were given.";
            yield break;
        }
        yield return $"{ReportTable.Whole(report.Rows)} held-out rows" + (report.ClassNames.Count == 0 ? "; the score is a number, so no class is compared."
            : "; a flip is a row whose class is not the dense level's.");
        if (report.Levels[0].Speed is { } speed)
            yield return $"Speed: median of {speed.Passes} passes through the rows in memory, levels in turns. {report.Setting}.";
    }
}
