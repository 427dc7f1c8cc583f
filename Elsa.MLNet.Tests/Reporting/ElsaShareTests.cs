namespace Elsa.MLNet.Tests.Reporting;

[TestClass]
public sealed class ElsaShareTests
{
    // Bounds from Newcombe 1998 (Statistics in Medicine 17, table I), method 3.
    [TestMethod]
    [DataRow(81, 263, 0.2553, 0.3662)]
    [DataRow(15, 148, 0.0624, 0.1605)]
    [DataRow(0, 20, 0.0, 0.1611)]
    [DataRow(1, 29, 0.0061, 0.1718)]
    public void The_interval_is_Wilsons(int count, int rows, double lower, double upper)
    {
        var share = new ElsaShare(count, rows);
        Assert.AreEqual(lower, share.Lower, 0.00005);
        Assert.AreEqual(upper, share.Upper, 0.00005);
    }

    [TestMethod]
    public void The_interval_of_everything_mirrors_that_of_nothing()
    {
        var (all, none) = (new ElsaShare(20, 20), new ElsaShare(0, 20));
        Assert.AreEqual(1, all.Upper);
        Assert.AreEqual(1 - none.Upper, all.Lower, 1e-12);
    }

    [TestMethod]
    public void It_says_itself_in_percent() => Assert.AreEqual("0.00 % (0.00 to 16.11)", new ElsaShare(0, 20).ToString());

    [TestMethod]
    [DataRow(0, 0)]
    [DataRow(-1, 5)]
    [DataRow(6, 5)]
    public void Counts_that_are_no_share_are_refused(int count, int rows) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ElsaShare(count, rows));
}
