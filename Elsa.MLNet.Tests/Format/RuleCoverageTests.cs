using System.Reflection;
using System.Text.RegularExpressions;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Tests.Format;

[TestClass]
public sealed partial class RuleCoverageTests
{
    [TestMethod]
    public void Every_numbered_sentence_has_a_test_and_every_test_a_sentence()
    {
        var written = Sentence().Matches(FormatText()).Select(match => int.Parse(match.Groups[1].Value, null)).ToList();
        CollectionAssert.AreEqual(Enumerable.Range(1, written.Count).ToList(), written, "sentences are numbered in order");
        var tested = Tests<RuleAttribute>().SelectMany(rule => rule.Numbers).ToHashSet();
        Assert.IsEmpty(written.Except(tested), $"without a test: {string.Join(", ", written.Except(tested))}");
        Assert.IsEmpty(tested.Except(written), $"without a sentence: {string.Join(", ", tested.Except(written))}");
    }

    [TestMethod]
    public void Every_fault_is_provoked_by_a_test()
    {
        var missing = Enum.GetValues<ParentFormatError>().Except(Tests<ProvokesAttribute>().Select(test => test.Error)).ToList();
        Assert.IsEmpty(missing, $"without a test: {string.Join(", ", missing)}");
    }

    [TestMethod, Rule(49)]
    public void The_list_of_faults_is_the_one_in_the_text() => CollectionAssert.AreEqual(Enum.GetNames<ParentFormatError>(),
        Fault().Matches(FormatText()).Select(match => match.Groups[1].Value).Where(name => name != nameof(ParentFormatError)).ToArray());

    static IEnumerable<T> Tests<T>() where T : Attribute => typeof(RuleCoverageTests).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods()).Where(method => method.IsDefined(typeof(TestMethodAttribute)))
        .SelectMany(method => method.GetCustomAttributes<T>());

    static string FormatText()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FORMAT.md"))) folder = folder.Parent;
        Assert.IsNotNull(folder, "FORMAT.md is not above the tests");
        return File.ReadAllText(Path.Combine(folder.FullName, "FORMAT.md"));
    }

    [GeneratedRegex(@"^\* \*\*R(\d+)\*\*", RegexOptions.Multiline)]
    private static partial Regex Sentence();

    [GeneratedRegex(@"^\| `(\w+)`", RegexOptions.Multiline)]
    private static partial Regex Fault();
}
