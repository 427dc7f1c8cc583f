using System.Text.RegularExpressions;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Tests.Readme;

/// <summary>What the texts for users say of training is complete.</summary>
[TestClass]
public sealed partial class TrainingTextTests
{
    [TestMethod]
    public void The_readme_lists_the_operators_that_have_a_gradient()
    {
        var lines = MarkedText.Lines("README.md");
        var start = lines.FindIndex(line => line.StartsWith("Operators with a gradient:", StringComparison.Ordinal));
        var text = string.Join(' ', lines.Skip(start).TakeWhile(line => line.Length > 0));
        var internals = new[] { "BatchNormalizationTraining" };
        Assert.AreSequenceEqual(GradientRules.OperatorTypes.Except(internals), Word().Matches(text["Operators with a gradient:".Length..]).Select(match => match.Value));
    }

    [TestMethod]
    public void The_readme_lists_every_option_of_training()
    {
        var shown = MarkedText.Lines("README.md").Select(line => Option().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value).ToHashSet();
        var missing = typeof(ElsaTraining).GetProperties().Select(property => property.Name).Where(name => !shown.Contains(name)).ToList();
        Assert.IsEmpty(missing, $"not in the table: {string.Join(", ", missing)}");
    }

    [TestMethod]
    public void The_manual_explains_messages_that_are_in_the_sources()
    {
        var files = new[] { "Elsa.MLNet", "Elsa.MLNet.Onnx" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories));
        var sources = string.Concat(files.Select(file => Joint().Replace(File.ReadAllText(file), "")));
        var messages = MarkedText.Lines("MANUAL.md").SkipWhile(line => line != "## Messages").Select(line => Message().Match(line)).Where(match => match.Success).ToList();
        Assert.IsGreaterThan(15, messages.Count);
        foreach (var message in messages)
            foreach (var part in message.Groups[1].Value.Split('…').Select(part => part.Trim()).Where(part => part.Length > 3))
                Assert.IsTrue(sources.Contains(part, StringComparison.Ordinal), $"No source says '{part}'.");
    }

    [GeneratedRegex(@"""\s*\+\s*\$?""")]
    private static partial Regex Joint();

    [GeneratedRegex(@"^\| `([^`]+)` \|")]
    private static partial Regex Message();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"^\| `(\w+)` \|")]
    private static partial Regex Option();
}
