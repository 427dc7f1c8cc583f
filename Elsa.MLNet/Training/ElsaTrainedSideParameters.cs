namespace Elsa.MLNet;

/// <summary>
/// Which of the small unmasked parameters (biases; scale, shift, mean and variance of normalisation) differ per level
/// after training.
/// </summary>
public enum ElsaTrainedSideParameters
{
    /// <summary>All: every level trains its own, starting from those of the sparser level.</summary>
    PerLevel,

    /// <summary>Mean and variance of BatchNormalization; the others are frozen behind the sparsest level.</summary>
    StatisticsPerLevel,

    /// <summary>
    /// None: all are frozen behind the sparsest level, so that levels differ by masks alone. Deep networks can diverge;
    /// a warning names channels that no weight is left to feed, the usual cause, and levels that end worse than sparser
    /// ones.
    /// </summary>
    Frozen,
}
