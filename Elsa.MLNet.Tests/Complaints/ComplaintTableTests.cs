using System.Reflection;
using Elsa.MLNet.Tests.Readme;

namespace Elsa.MLNet.Tests.Complaints;

[TestClass]
public sealed class ComplaintTableTests
{
    [TestMethod]
    public void Every_complaint_of_the_manual_has_a_test_and_every_test_a_complaint()
    {
        var written = MarkedText.Lines("MANUAL.md")
            .SkipWhile(line => line != "## What users of ONNX in ML.NET complain about, and what holds here")
            .Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1)
            .Select(line => line.Split('|')[1].Trim()).ToList();
        Assert.HasCount(19, written, "the 18 known complaints and use after Dispose");
        var tested = typeof(ComplaintTableTests).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .Where(method => method.IsDefined(typeof(TestMethodAttribute)))
            .SelectMany(method => method.GetCustomAttributes<ComplaintAttribute>())
            .Select(complaint => complaint.About).ToHashSet();
        Assert.IsEmpty(written.Except(tested), $"without a test: {string.Join(", ", written.Except(tested))}");
        Assert.IsEmpty(tested.Except(written), $"without a line: {string.Join(", ", tested.Except(written))}");
    }
}
