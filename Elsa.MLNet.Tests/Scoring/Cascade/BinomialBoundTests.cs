using System.Numerics;
using CsCheck;
using Elsa.MLNet.Scoring.Cascade;

namespace Elsa.MLNet.Tests.Scoring.Cascade;

/// <summary>The exact binomial bound, against counting in whole numbers and closed forms.</summary>
[TestClass]
public sealed class BinomialBoundTests
{
    [TestMethod]
    public void The_distribution_is_that_of_whole_numbers()
    {
        for (int trials = 1; trials <= 14; trials++)
            for (int successes = 0; successes <= trials; successes++)
                for (int share = 0; share <= 16; share++)
                    Assert.AreEqual(Counted(successes, trials, share, 16), BinomialBound.Cumulative(successes, trials, share / 16.0), 1e-13);
    }

    [TestMethod]
    public void Many_trials_neither_overflow_nor_vanish()
    {
        // A normal distribution with a correction for continuity is good to about 1 / sqrt(n p q) here.
        Assert.AreEqual(0.5, BinomialBound.Cumulative(500_000, 1_000_000, 0.5), 1e-3);
        Assert.AreEqual(0.8413, BinomialBound.Cumulative(500_500, 1_000_000, 0.5), 1e-3);
        Assert.AreEqual(Math.Pow(1 - 1e-6, 1_000_000), BinomialBound.Cumulative(0, 1_000_000, 1e-6), 1e-9);
        Assert.AreEqual(1 - Math.Exp(5_000 * Math.Log(0.999)), BinomialBound.Cumulative(4_999, 5_000, 0.999), 1e-9);
    }

    [TestMethod]
    public void The_bound_has_its_closed_forms()
    {
        foreach (int trials in new[] { 1, 10, 2_995, 100_000 })
        {
            Assert.AreEqual(1 - Math.Pow(0.05, 1.0 / trials), BinomialBound.Upper(0, trials, 0.95), 1e-12);
            Assert.AreEqual(Math.Pow(0.95, 1.0 / trials), BinomialBound.Upper(trials - 1, trials, 0.95), 1e-9);
            Assert.AreEqual(1, BinomialBound.Upper(trials, trials, 0.95));
        }
    }

    // Clopper and Pearson's two-sided 95 % limits are one-sided ones at 97.5 %; for 2 of 20 every table has 0.3170.
    [TestMethod]
    public void The_bound_is_that_of_the_tables() => Assert.AreEqual(0.3170, BinomialBound.Upper(2, 20, 0.975), 5e-5);

    [TestMethod]
    public void The_bound_rises_with_successes_and_certainty_and_falls_with_trials() =>
        (from trials in Gen.Int[1, 400]
         from successes in Gen.Int[0, trials - 1]
         from certainty in Gen.Double[0.5, 0.99]
         select (trials, successes, certainty)).Sample(given =>
        {
            double bound = BinomialBound.Upper(given.successes, given.trials, given.certainty);
            Assert.IsGreaterThan((double)given.successes / given.trials, bound + 1e-12 + (given.certainty < 0.6 ? 1 : 0));
            Assert.IsGreaterThan(bound, BinomialBound.Upper(given.successes + 1, given.trials, given.certainty));
            Assert.IsLessThan(bound, BinomialBound.Upper(given.successes, given.trials + 1, given.certainty));
            Assert.IsGreaterThan(bound, BinomialBound.Upper(given.successes, given.trials, given.certainty + 0.009));
        }, iter: 300);

    [TestMethod]
    public void The_most_successes_within_a_share_are_those_whose_bound_is() =>
        (from trials in Gen.Int[1, 200]
         from share in Gen.Double[0.001, 0.9]
         select (trials, share)).Sample(given =>
        {
            int most = BinomialBound.MostWithin(given.share, given.trials, 0.95);
            if (most >= 0) Assert.IsLessThanOrEqualTo(given.share + 1e-9, BinomialBound.Upper(most, given.trials, 0.95));
            Assert.IsGreaterThan(given.share - 1e-9, BinomialBound.Upper(most + 1, given.trials, 0.95));
        }, iter: 300);

    [TestMethod]
    public void The_fewest_trials_are_just_enough()
    {
        foreach (double share in new[] { 0.5, 0.1, 0.01, 0.001 })
        {
            int fewest = (int)BinomialBound.FewestTrials(share, 0.95);
            Assert.AreEqual(0, BinomialBound.MostWithin(share, fewest, 0.95));
            Assert.AreEqual(-1, BinomialBound.MostWithin(share, fewest - 1, 0.95));
        }
        Assert.AreEqual(2_995, BinomialBound.FewestTrials(0.001, 0.95));
    }

    static double Counted(int successes, int trials, int share, int of)
    {
        var sum = BigInteger.Zero;
        var ways = BigInteger.One;
        for (int k = 0; k <= successes; k++)
        {
            sum += ways * BigInteger.Pow(share, k) * BigInteger.Pow(of - share, trials - k);
            ways = ways * (trials - k) / (k + 1);
        }
        return (double)(sum * BigInteger.Pow(10, 16) / BigInteger.Pow(of, trials)) / 1e16;
    }
}
