namespace Elsa.MLNet;

/// <summary>
/// How sure a level is of a row, as log-odds, which keep apart what probabilities round to 1. Here p is the softmax of
/// the scores, or for a single score its sigmoid and the rest. A score that is not a number makes a row unsure.
/// </summary>
public enum ElsaConfidence
{
    /// <summary>ln(p1 / (1 - p1)), p1 the highest probability.</summary>
    TopProbability,

    /// <summary>ln(p1 / p2), p1 and p2 the two highest probabilities.</summary>
    Margin,
}
