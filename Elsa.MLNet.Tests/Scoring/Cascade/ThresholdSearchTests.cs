using CsCheck;
using Elsa.MLNet.Scoring.Cascade;

namespace Elsa.MLNet.Tests.Scoring.Cascade;

/// <summary>The threshold of a cascade: against a brute force, by laws, and its guarantee by simulation.</summary>
[TestClass]
public sealed class ThresholdSearchTests
{
    sealed record Row(double[] Sure, bool[] Right);

    static Gen<Row[]> Samples(int levels, int most) =>
        Gen.Select(Gen.Double[-12, 32].Array[levels], Gen.Int[0, 9].Array[levels])
            // Most rows are right at every level, so that thresholds in the middle are found.
            .Select(drawn => new Row(drawn.Item1, [.. drawn.Item2.Select(value => value > 0)])).Array[20, most];

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    public void The_threshold_is_the_lowest_before_the_first_failure(int levels) => Samples(levels, 120).Sample(rows =>
    {
        // The brute force: Clopper-Pearson bounds on a list of losses that is counted by another rule.
        double expected = double.PositiveInfinity;
        for (int tenths = 300; tenths >= -101; tenths--)
        {
            double threshold = tenths == -101 ? double.NegativeInfinity : tenths / 10.0;
            int lost = rows.Count(row =>
            {
                int answering = Array.FindIndex(row.Sure, 0, levels - 1, sure => sure > threshold);
                return row.Right[^1] && !row.Right[answering < 0 ? levels - 1 : answering];
            });
            if (BinomialBound.Upper(lost, rows.Length, 0.9) > 0.15) break;
            expected = threshold;
        }
        Assert.AreEqual(expected, ThresholdSearch.Lower(Table(rows), 0.15, 0.9));
    }, iter: 150);

    [TestMethod]
    public void A_larger_loss_or_a_smaller_certainty_never_raises_the_threshold() => Samples(2, 200).Sample(rows =>
    {
        var table = Table(rows);
        double threshold = ThresholdSearch.Lower(table, 0.12, 0.9);
        Assert.IsLessThanOrEqualTo(threshold, ThresholdSearch.Lower(table, 0.15, 0.9));
        Assert.IsLessThanOrEqualTo(threshold, ThresholdSearch.Lower(table, 0.12, 0.8));
    }, iter: 60);

    [TestMethod]
    public void A_lower_threshold_never_escalates_more_and_with_two_levels_never_loses_less() =>
        Gen.Select(Samples(2, 100), Gen.Double[-12, 32], Gen.Double[0, 5]).Sample(given =>
        {
            var table = Table(given.Item1);
            double low = given.Item2, high = low + given.Item3;
            for (int row = 0; row < table.Count; row++)
                Assert.IsLessThanOrEqualTo(table.Answering(row, high), table.Answering(row, low));
            Assert.IsGreaterThanOrEqualTo(table.Lost(high), table.Lost(low));
        }, iter: 100);

    [TestMethod]
    public void The_order_of_rows_does_not_matter() => Samples(3, 100).Sample(rows =>
        Assert.AreEqual(ThresholdSearch.Lower(Table(rows), 0.15, 0.9), ThresholdSearch.Lower(Table([.. rows.Reverse()]), 0.15, 0.9)), iter: 50);

    [TestMethod]
    public void Rows_that_are_never_lost_need_only_the_first_level()
    {
        var rows = Enumerable.Range(0, 100).Select(row => new Row([row / 10.0, 0], [true, row % 2 == 0]));
        Assert.AreEqual(double.NegativeInfinity, ThresholdSearch.Lower(Table([.. rows]), 0.1, 0.95));
    }

    [TestMethod]
    public void Where_the_surest_rows_are_lost_everything_goes_to_the_last_level()
    {
        var rows = Enumerable.Range(0, 100).Select(_ => new Row([100, 0], [false, true]));
        Assert.AreEqual(double.PositiveInfinity, ThresholdSearch.Lower(Table([.. rows]), 0.1, 0.95));
    }

    [TestMethod]
    public void Too_few_rows_are_refused_with_the_number_needed()
    {
        var rows = Enumerable.Repeat(new Row([1, 1], [true, true]), 2_994).ToArray();
        var error = Assert.ThrowsExactly<ArgumentException>(() => ThresholdSearch.Lower(Table(rows), 0.001, 0.95));
        Assert.StartsWith("The held-out data has 2994 rows. To prove a loss of at most 0.001 with certainty 0.95, at least 2995 rows are needed", error.Message);
        ThresholdSearch.Lower(Table([.. rows, rows[0]]), 0.001, 0.95);
        Assert.ThrowsExactly<ArgumentException>(() => ThresholdSearch.Lower(Table([]), 0.5, 0.5));
    }

    // A population is a list of kinds of rows with probabilities, so the true loss of every threshold is a plain sum.
    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    public void Of_many_calibrations_no_more_than_promised_lose_more_than_allowed(int levels)
    {
        const int Calibrations = 300, Rows = 300;
        const double Allowed = 0.05, Certainty = 0.9;
        var random = new Random(7 + levels);
        var kinds = Kinds(levels, random);
        var (broken, sparse) = (0, 0.0);
        for (int calibration = 0; calibration < Calibrations; calibration++)
        {
            Row[] sample = [.. Enumerable.Range(0, Rows).Select(_ => kinds[random.Next(kinds.Length)])];
            double threshold = ThresholdSearch.Lower(Table(sample), Allowed, Certainty);
            var all = Table(kinds);
            if ((double)all.Lost(threshold) / kinds.Length > Allowed) broken++;
            sparse += Enumerable.Range(0, kinds.Length).Count(row => all.Answering(row, threshold) < levels - 1) / (double)kinds.Length;
        }
        double deviation = Math.Sqrt(Certainty * (1 - Certainty) / Calibrations);
        Assert.IsLessThanOrEqualTo(1 - Certainty + (3 * deviation), (double)broken / Calibrations);
        Assert.IsGreaterThan(0.005, (double)broken / Calibrations, "a bound that is never broken would be too careful");
        Assert.IsGreaterThan(0.3, sparse / Calibrations, "the guarantee is not bought by escalating everything");
    }

    // Equally likely kinds: the surer a level says it is, the likelier it is right.
    static Row[] Kinds(int levels, Random random) => [.. Enumerable.Range(0, 2_000).Select(_ =>
    {
        double[] sure = [.. Enumerable.Range(0, levels).Select(_ => random.NextDouble() * 8)];
        bool[] right = [.. sure.Select((odds, level) => level == levels - 1 ? random.NextDouble() < 0.97 : random.NextDouble() < 1 / (1 + Math.Exp(0.5 - odds)))];
        return new Row(sure, right);
    })];

    static CalibrationRows Table(Row[] rows)
    {
        var table = new CalibrationRows(rows.Length == 0 ? 2 : rows[0].Sure.Length);
        foreach (var row in rows) table.Add(row.Sure, row.Right);
        return table;
    }
}
