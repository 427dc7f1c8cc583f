using Elsa.MLNet.Data;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class ClassLabelsTests
{
    [TestMethod]
    public void Whole_numbers_below_the_classes_become_indices()
    {
        var indices = new long[4];
        ClassLabels.Fill([2, 0, -0f, 1], [5, 6, 7, 8], 3, "Label", indices);
        Assert.AreSequenceEqual([2L, 0, 0, 1], indices);
    }

    [TestMethod]
    public void A_missing_key_names_row_and_column() => Refused(
        float.NaN, "Label column 'Label' has no value in row 42. Allowed are the classes 0 to 2;");

    [TestMethod]
    [DataRow(3f, "3")]
    [DataRow(-1f, "-1")]
    [DataRow(0.5f, "0.5")]
    [DataRow(float.PositiveInfinity, "Infinity")]
    public void What_is_no_class_names_row_column_and_value(float label, string text) => Refused(
        label, $"Label column 'Label' is {text} in row 42. Allowed are the whole numbers 0 to 2,");

    [TestMethod]
    public void More_than_one_number_a_row_is_refused() => StringAssert.StartsWith(
        Assert.ThrowsExactly<ArgumentException>(() =>
            ClassLabels.Fill([1, 0, 0, 1], [5, 6], 2, "Label", new long[2])).Message,
        "There are 4 labels of column 'Label' for 2 rows");

    private static void Refused(float label, string message) => StringAssert.StartsWith(
        Assert.ThrowsExactly<ArgumentException>(() =>
            ClassLabels.Fill([1, label], [41, 42], 3, "Label", new long[2])).Message, message);
}
