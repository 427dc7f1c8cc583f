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
            .Where(name => name.Name!.StartsWith("Microsoft.ML", StringComparison.Ordinal) || name.Name == "Elsa.MLNet").Select(name => name.Name);
        Assert.IsEmpty(foreign);
    }

    [TestMethod]
    [DataRow("Data", "Elsa.MLNet.Scoring", "Elsa.MLNet.Calibration")]
    [DataRow("Importance", "Elsa.MLNet.Data", "Elsa.MLNet.Scoring", "Elsa.MLNet.Calibration", "Microsoft.ML")]
    [DataRow("Scoring", "Elsa.MLNet.Calibration")]
    public void A_stage_uses_only_stages_before_it(string stage, params string[] later)
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "Elsa.MLNet", stage), "*.cs");
        Assert.IsNotEmpty(files);
        foreach (var file in files)
            foreach (Match match in Usings().Matches(File.ReadAllText(file)))
                Assert.IsFalse(later.Any(name => match.Groups[1].Value == name || match.Groups[1].Value.StartsWith(name + ".", StringComparison.Ordinal)),
                    $"{Path.GetFileName(file)} uses {match.Groups[1].Value}");
    }

    [TestMethod]
    public void Only_one_file_reaches_behind_MLNets_public_face()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "Elsa.MLNet"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}") && File.ReadAllText(file) is var text
                && (text.Contains("UnsafeAccessor(") || text.Contains("GetProperty(") || text.Contains("GetMethod(") || text.Contains("BindingFlags"))).Select(Path.GetFileName);
        Assert.AreSequenceEqual(["MLNetInternals.cs"], files);
    }

    [GeneratedRegex(@"^using (?:static )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Usings();
}
