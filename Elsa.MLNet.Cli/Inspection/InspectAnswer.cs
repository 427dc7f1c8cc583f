using System.Globalization;
using Elsa.MLNet.Cli.Answers;
using Elsa.MLNet.Onnx;
using Spectre.Console;
using static Elsa.MLNet.Cli.Answers.CliTable;

namespace Elsa.MLNet.Cli.Inspection;

/// <summary>The answer of <c>elsa inspect</c>.</summary>
internal sealed record InspectAnswer : CliAnswer
{
    public required string File { get; init; }

    public required string SourceSha256 { get; init; }

    public required IReadOnlyList<InspectedLevel> Levels { get; init; }

    public required IReadOnlyList<InspectedTensor> Tensors { get; init; }

    public required ParentSizes Sizes { get; init; }

    public required IReadOnlyList<string> SideParameters { get; init; }

    public required ElsaFit Fit { get; init; }

    public override void Print(IAnsiConsole console)
    {
        Section(console, "Levels", LevelTable(console));
        Section(console, "Tensors (weights kept per level)", TensorTable(console));
        Section(console, "Sizes", SizeTable(console));
        Section(console, "Fitted", FitTable(console));
    }

    static void Section(IAnsiConsole console, string title, Table table)
    {
        console.Write(new Text(title + Environment.NewLine, new Style(decoration: Decoration.Bold)));
        console.Write(table);
        console.WriteLine();
    }

    Table LevelTable(IAnsiConsole console)
    {
        var metrics = Levels.SelectMany(level => level.Metrics.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var isMeasured = Levels.Any(level => level.Extracted is not null);
        string[] sizes = isMeasured ? ["#extracted bytes", "#gzipped bytes"] : [];
        var table = Of(console, ["#Index", "Name", "#Sparsity", "#Kept weights", .. metrics.Select(name => "#" + name), .. sizes]);
        foreach (var level in Levels)
            table.Row([Count(level.Index), level.Name, Percent(level.Sparsity), Count(level.KeptWeights),
                .. metrics.Select(name => level.Metrics.TryGetValue(name, out var value) ? Metric(value) : "-"),
                .. isMeasured ? SizesOf(level) : []]);
        return table;
    }

    static string[] SizesOf(InspectedLevel level) =>
        level.Extracted is { } size ? [Count(size.Bytes), Count(size.GzipBytes)] : ["over 2 GiB", "-"];

    Table TensorTable(IAnsiConsole console)
    {
        var table = Of(console, ["Name", "Shape", "Type", "Operator", .. Levels.Select(level => "#" + level.Name), "#Level map bytes"]);
        foreach (var tensor in Tensors)
            table.Row([tensor.Name, Shape(tensor.Shape), tensor.ElementType, tensor.OperatorType,
                .. tensor.KeptWeights.Select(Count), Count(tensor.LevelMapBytes)]);
        return table;
    }

    Table SizeTable(IAnsiConsole console)
    {
        var table = Of(console, ["What", "#Bytes", "#Of dense"]);
        Row("File", Sizes.FileBytes);
        if (Sizes.ExternalDataBytes > 0) Row("External data beside it", Sizes.ExternalDataBytes);
        Row("Dense model alone", Sizes.DenseBytes);
        Row("Level maps", Sizes.LevelMapBytes);
        Row("Side parameters", Sizes.SideParameterBytes);
        Row("Manifest", Sizes.ManifestBytes);
        Row("Masks, side parameters and manifest together", Sizes.OverheadBytes);
        return table;

        void Row(string what, long bytes) => table.Row([what, Count(bytes), Percent((double)bytes / Sizes.DenseBytes)]);
    }

    Table FitTable(IAnsiConsole console)
    {
        var table = Of(console, ["What", "Value"]);
        table.Row(["Method", Fit.Method]);
        table.Row(["Importance", Fit.Importance]);
        table.Row(["Allocation", Fit.Allocation]);
        table.Row(["Side parameters found by", Fit.SideParameters ?? "-"]);
        table.Row(["Side parameters", SideParameters.Count == 0 ? "none" : string.Join(", ", SideParameters)]);
        table.Row(["Seed", Fit.Seed?.ToString(CultureInfo.InvariantCulture) ?? "-"]);
        foreach (var (name, value) in Fit.Training ?? new Dictionary<string, string>()) table.Row([$"Training: {name}", value]);
        table.Row(["Training rows", Count(Fit.TrainingRows)]);
        table.Row(["Calibration rows", Count(Fit.CalibrationRows)]);
        table.Row(["Evaluation rows", Count(Fit.EvaluationRows)]);
        foreach (var (name, version) in Fit.Versions) table.Row([$"Version of {name}", version]);
        table.Row(["SHA-256 of the source", SourceSha256]);
        return table;
    }
}
