using Elsa.MLNet.Data;

namespace Elsa.MLNet.Tests.Data;

[TestClass]
public sealed class HoldOutTests
{
    private const int Rows = 100_000;

    [TestMethod]
    [DataRow(0.01)]
    [DataRow(0.2)]
    [DataRow(0.9)]
    public void The_share_is_close_to_the_fraction(double fraction)
    {
        var holdOut = new HoldOut(7, fraction);
        var share = Enumerable.Range(0, Rows).Count(row => holdOut.Contains(row)) / (double)Rows;
        // Four deviations of a binomial.
        Assert.AreEqual(fraction, share, 4 * Math.Sqrt(fraction * (1 - fraction) / Rows));
    }

    [TestMethod]
    public void A_fraction_of_zero_holds_out_nothing()
    {
        var holdOut = new HoldOut(7, 0);
        Assert.IsFalse(Enumerable.Range(0, Rows).Any(row => holdOut.Contains(row)));
    }

    [TestMethod]
    public void Neighbouring_rows_and_seeds_are_independent()
    {
        var (one, other) = (new HoldOut(7, 0.5), new HoldOut(8, 0.5));
        var rows = Enumerable.Range(0, Rows).ToList();
        // Agreements of fair coins: deviation 0.0016, so five of them.
        Assert.AreEqual(0.5, rows.Count(row => one.Contains(row) == one.Contains(row + 1)) / (double)Rows, 0.008);
        Assert.AreEqual(0.5, rows.Count(row => one.Contains(row) == other.Contains(row)) / (double)Rows, 0.008);
    }

    [TestMethod]
    public void A_larger_fraction_holds_out_the_same_rows_and_more()
    {
        var (small, large) = (new HoldOut(7, 0.1), new HoldOut(7, 0.3));
        Assert.IsTrue(Enumerable.Range(0, Rows).All(row => !small.Contains(row) || large.Contains(row)));
    }

    [TestMethod]
    public void The_numbers_are_those_of_the_published_generator()
    {
        // Vigna's splitmix64.c, state 1234567.
        Assert.AreSequenceEqual(
            (ulong[])[6457827717110365317, 3203168211198807973, 9817491932198370423],
            Enumerable.Range(0, 3).Select(count => SplitMix64.At(1234567, count)));
    }
}
