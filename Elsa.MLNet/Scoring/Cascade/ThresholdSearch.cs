using System.Globalization;

namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>
/// Finds the lowest threshold that is proven to lose little: thresholds are tested from the highest down, each by the
/// exact binomial test of "more is lost than allowed", until one fails. Testing in a fixed order and stopping at the
/// first failure keeps the probability of any wrong acceptance below 1 - certainty, whatever the number of tests and
/// however loss depends on the threshold (Angelopoulos, Bates, Candes, Jordan, Lei: "Learn then Test", arXiv
/// 2110.01052: fixed sequence testing). That needs thresholds that are chosen without looking at the rows.
/// </summary>
internal static class ThresholdSearch
{
    private const int Highest = 300, Lowest = -100;
    private const double Steps = 10;

    /// <summary>The thresholds in the order of their tests: from 30 to -10 log-odds by tenths, then all rows.</summary>
    public static IEnumerable<double> Thresholds =>
        Enumerable.Range(0, Highest - Lowest + 1).Select(step => (Highest - step) / Steps)
            .Append(double.NegativeInfinity);

    /// <returns>The threshold; infinity if none is proven.</returns>
    /// <exception cref="ArgumentException">So few rows prove nothing.</exception>
    public static double Lower(CalibrationRows rows, double maximumLoss, double certainty)
    {
        int allowed = BinomialBound.MostWithin(maximumLoss, rows.Count, certainty);
        if (allowed < 0)
        {
            long fewest = BinomialBound.FewestTrials(maximumLoss, certainty);
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"The held-out data has {rows.Count} rows. To prove a loss of at most {maximumLoss} with certainty ") +
                string.Create(CultureInfo.InvariantCulture, $"{certainty}, at least {fewest} rows are needed, ") +
                "even if none of them is lost. Give more rows that were not trained on, or allow a larger MaximumLoss.");
        }
        double proven = double.PositiveInfinity;
        foreach (double threshold in Thresholds)
        {
            if (rows.Lost(threshold) > allowed)
                break;
            proven = threshold;
        }
        return proven;
    }
}
