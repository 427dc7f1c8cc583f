using System.Text.RegularExpressions;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Tests.Architecture;

/// <summary>No arrow points back up: what a library and a stage may use.</summary>
[TestClass]
public sealed partial class LayerTests
{
    [TestMethod]
    public void The_format_knows_neither_MLNet_nor_ONNX_Runtime()
    {
        var foreign = typeof(ParentModel).Assembly.GetReferencedAssemblies()
            .Where(name => name.Name!.StartsWith("Microsoft.ML", StringComparison.Ordinal) || name.Name == "Elsa.MLNet")
            .Select(name => name.Name);
        Assert.IsEmpty(foreign);
    }

    // Importance and Augmentation, then Data, then Kernels and Operators beside it, then Scoring, Calibration, Training; Saving.
    [TestMethod]
    [DataRow("Importance", "Augmentation", "Data", "Kernels", "Operators", "Scoring", "Calibration", "Training", "Saving")]
    [DataRow("Augmentation", "Importance", "Data", "Kernels", "Operators", "Scoring", "Calibration", "Training", "Saving")]
    [DataRow("Data", "Kernels", "Operators", "Scoring", "Calibration", "Training", "Saving")]
    [DataRow("Kernels", "Importance", "Augmentation", "Data", "Operators", "Scoring", "Calibration", "Training", "Saving")]
    [DataRow("Operators", "Importance", "Augmentation", "Data", "Scoring", "Calibration", "Training", "Saving")]
    [DataRow("Scoring", "Kernels", "Calibration", "Training", "Saving")]
    [DataRow("Calibration", "Kernels", "Operators", "Training", "Saving")]
    [DataRow("Training", "Kernels", "Calibration", "Saving")]
    [DataRow("Saving", "Importance", "Augmentation", "Kernels", "Operators", "Calibration", "Training")]
    public void A_stage_uses_only_stages_before_it(string stage, params string[] forbidden)
    {
        foreach (var file in Files(stage))
            foreach (var used in UsedBy(file))
                Assert.IsFalse(forbidden.Any(name => IsWithin(used, "Elsa.MLNet." + name)), $"{Path.GetFileName(file)} uses {used}");
    }

    [TestMethod]
    public void Reporting_is_the_last_stage_and_looks_only_at_what_scores()
    {
        foreach (var file in Files("Reporting"))
            foreach (var used in UsedBy(file))
                Assert.IsFalse(((string[])["Kernels", "Operators", "Calibration", "Training"]).Any(name => IsWithin(used, "Elsa.MLNet." + name)), $"{Path.GetFileName(file)} uses {used}");
        foreach (var stage in (string[])["Augmentation", "Calibration", "Data", "Importance", "Kernels", "Operators", "Scoring", "Training"])
            foreach (var file in Files(stage))
                Assert.DoesNotContain("Elsa.MLNet.Reporting", UsedBy(file), $"{Path.GetFileName(file)} uses what comes later");
    }

    [TestMethod]
    [DataRow("Importance")]
    [DataRow("Kernels")]
    public void Numbers_need_neither_MLNet_nor_ONNX_Runtime(string stage)
    {
        foreach (var file in Files(stage))
            foreach (var used in UsedBy(file))
                Assert.IsFalse(IsWithin(used, "Microsoft.ML"), $"{Path.GetFileName(file)} uses {used}");
    }

    [TestMethod]
    public void Every_stage_has_its_place()
    {
        string[] known = ["Augmentation", "Calibration", "Data", "Importance", "Kernels", "Operators", "Reporting",
            "Saving", "Scoring", "Training"];
        var stages = Directory.GetDirectories(Path.Combine(Repository.Root, "Elsa.MLNet")).Select(Path.GetFileName)
            .Where(name => name is not ("bin" or "obj")).Order(StringComparer.Ordinal);
        Assert.AreSequenceEqual(known, stages);
    }

    static string[] Files(string stage)
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "Elsa.MLNet", stage), "*.cs",
            SearchOption.AllDirectories);
        Assert.IsNotEmpty(files);
        return files;
    }

    static IEnumerable<string> UsedBy(string file) =>
        Usings().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value);

    static bool IsWithin(string used, string name) =>
        used == name || used.StartsWith(name + ".", StringComparison.Ordinal);

    [TestMethod]
    public void Only_one_file_reaches_behind_MLNets_public_face()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "Elsa.MLNet"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}") && File.ReadAllText(file) is var text
                && (text.Contains("UnsafeAccessor(") || text.Contains("GetProperty(") || text.Contains("GetMethod(") || text.Contains("BindingFlags"))).Select(Path.GetFileName);
        Assert.AreSequenceEqual(["MLNetInternals.cs"], files);
    }

    [TestMethod]
    public void Only_one_file_uses_what_MLNet_keeps_for_itself_to_save()
    {
        string[] kept = ["LoadableClass", "SignatureLoadModel", "VersionInfo", "ModelLoadContext", "IgnoresAccessChecksTo"];
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "Elsa.MLNet"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}")
                && File.ReadAllText(file) is var text && kept.Any(text.Contains)).Select(Path.GetFileName);
        Assert.AreSequenceEqual(["ModelFile.cs"], files);
    }

    [GeneratedRegex(@"^using (?:static )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Usings();
}
