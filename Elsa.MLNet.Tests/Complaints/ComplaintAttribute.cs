namespace Elsa.MLNet.Tests.Complaints;

/// <summary>What users of ONNX in ML.NET complain about, in the words of MANUAL.md, and this test answers.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
sealed class ComplaintAttribute(string about) : TestCategoryBaseAttribute
{
    public string About { get; } = about;

    public override IList<string> TestCategories => ["Complaint"];
}
