namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>
/// Exact bounds for a share of which a sample was counted (Clopper and Pearson, Biometrika 26, 1934).
/// </summary>
internal static class BinomialBound
{
    private const int Halvings = 100;

    /// <summary>P(X &lt;= successes) for X ~ Binomial(trials, share), summed in order in logarithms.</summary>
    public static double Cumulative(int successes, int trials, double share)
    {
        if (successes >= trials || share <= 0)
            return 1;
        if (share >= 1)
            return 0;
        double odds = Math.Log(share) - Math.Log(1 - share);
        double term = trials * Math.Log(1 - share);
        // The largest term so far, and the sum of all in its units: no term can vanish before the others are known.
        var (largest, sum) = (term, 1.0);
        for (int k = 0; k < successes; k++)
        {
            term += Math.Log((double)(trials - k) / (k + 1)) + odds;
            if (term > largest)
                (largest, sum) = (term, (sum * Math.Exp(largest - term)) + 1);
            else
                sum += Math.Exp(term - largest);
        }
        return Math.Min(1, Math.Exp(largest) * sum);
    }

    /// <summary>
    /// The one-sided upper bound: the largest share under which as few successes have a probability of 1 - certainty.
    /// </summary>
    public static double Upper(int successes, int trials, double certainty)
    {
        if (successes >= trials)
            return 1;
        var (low, high) = (0.0, 1.0);
        for (int halving = 0; halving < Halvings; halving++)
        {
            double middle = (low + high) / 2;
            if (Cumulative(successes, trials, middle) > 1 - certainty)
                low = middle;
            else
                high = middle;
        }
        return high;
    }

    /// <summary>The most successes whose upper bound does not exceed the share; -1 if not even none will do.</summary>
    public static int MostWithin(double share, int trials, double certainty)
    {
        var (low, high) = (-1, trials);
        while (high - low > 1)
        {
            int middle = low + ((high - low) / 2);
            if (Cumulative(middle, trials, share) <= 1 - certainty)
                low = middle;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>The fewest trials whose upper bound for no success does not exceed the share.</summary>
    public static long FewestTrials(double share, double certainty) =>
        (long)Math.Ceiling(Math.Log(1 - certainty) / Math.Log(1 - share));
}
