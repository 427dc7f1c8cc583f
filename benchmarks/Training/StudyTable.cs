using System.Globalization;
using System.Text;
using Elsa.MLNet.Benchmarks.Checks;

namespace Elsa.MLNet.Benchmarks.Training;

/// <summary>A study as a table for people.</summary>
static class StudyTable
{
    public static string Of(Study study)
    {
        var text = new StringBuilder($"## {study.Network.Title}, {Text(study.Loss)}\n\n");
        text.Append($"{study.Epochs} epochs per level, {(study.Images == 0 ? "all" : study.Images)} training images, " +
            $"seeds {string.Join(", ", study.Seeds)}. The original network has {Percent(study.Original)} on the same test images. Percent correct, " +
            "mean over seeds, in brackets largest less smallest.\n\n");
        text.Append($"| | {string.Join(" | ", study.Levels)} |\n|---|{string.Concat(Enumerable.Repeat("---|", study.Levels.Count))}\n");
        Row("nested in one network", level => $"{Percent(study.NestedAccuracy(level))} ({Percent(study.Spread(level, nested: true))})");
        Row("independent networks", level => $"{Percent(study.IndependentAccuracy(level))} ({Percent(study.Spread(level, nested: false))})");
        Row("nested less independent", level => Percent(study.NestedAccuracy(level) - study.IndependentAccuracy(level)));
        return text.ToString();

        void Row(string name, Func<string, string> value) => text.Append($"| {name} | {string.Join(" | ", study.Levels.Select(value))} |\n");
    }

    /// <summary>Writes tables with what a reader needs to repeat them.</summary>
    public static void Write(string path, string command, IEnumerable<Study> studies)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "# Nested levels beside independent networks\n\n" +
            $"- machine: {Machine.Current}\n- versions: {Machine.Current.Framework}, ONNX Runtime {Machine.Current.OnnxRuntime}\n- command: {command}\n\n" +
            "SGD with momentum 0.9, weight decay 0.0005, cosine from 0.02, batch 128; masks by global magnitude, gradual over the first half of a " +
            "level's steps; side parameters per level.\n\n" + string.Join("\n", studies.Select(Of)));
    }

    public static string Text(StudyLoss loss) => loss == StudyLoss.Labels ? "cross-entropy" : "distillation without labels";

    public static string Percent(double share) => (100 * share).ToString("0.00", CultureInfo.InvariantCulture);
}
