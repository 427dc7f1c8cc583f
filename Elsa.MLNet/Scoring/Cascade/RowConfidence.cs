namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>The class that scores tell, and how sure they are of it.</summary>
/// <param name="measure">How it is measured.</param>
/// <param name="areProbabilities">Whether scores are probabilities; else they are logits.</param>
internal sealed class RowConfidence(ElsaConfidence measure, bool areProbabilities)
{
    /// <summary>The first of the largest scores; of a single score 1 from p = 1/2 on.</summary>
    public int Class(ReadOnlySpan<float> scores)
    {
        if (scores.Length == 1)
            return scores[0] >= (areProbabilities ? 0.5f : 0) ? 1 : 0;
        int best = 0;
        for (int index = 1; index < scores.Length; index++)
        {
            if (scores[index] > scores[best])
                best = index;
        }
        return best;
    }

    /// <summary>Log-odds of the class; NaN if a score is not a number or not a probability.</summary>
    public double Of(ReadOnlySpan<float> scores)
    {
        if (scores.Length == 1)
            return Math.Abs(areProbabilities ? Math.Log(scores[0]) - Math.Log(1 - (double)scores[0]) : scores[0]);
        int best = Class(scores);
        double second = double.NegativeInfinity;
        for (int index = 0; index < scores.Length; index++)
        {
            double score = Logarithm(scores[index]);
            if (double.IsNaN(score))
                return double.NaN;
            if (index != best)
                second = Math.Max(second, score);
        }
        double top = Logarithm(scores[best]);
        if (measure == ElsaConfidence.Margin || !double.IsFinite(second))
            return top - second;
        double others = 0;
        for (int index = 0; index < scores.Length; index++)
        {
            if (index != best)
                others += Math.Exp(Logarithm(scores[index]) - second);
        }
        return top - second - Math.Log(others);
    }

    private double Logarithm(float score) => areProbabilities ? Math.Log(score) : score;
}
