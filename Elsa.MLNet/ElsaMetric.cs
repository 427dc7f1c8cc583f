namespace Elsa.MLNet;

/// <summary>
/// What is measured of each level on held-out rows. The relative error is always measured, too, and so is agreement, unless
/// the score is one number that is no class: neither a probability (a Sigmoid's) nor told to be one by label or metric.
/// </summary>
public enum ElsaMetric
{
    /// <summary>
    /// Without a label no more; with a class label accuracy; with numbers the mean squared error. Training by cross-entropy
    /// or mean squared error decides before the label's type does.
    /// </summary>
    Auto,

    /// <summary>Share of rows, 0..1, whose largest score is at the label's class (one score: on the label's side of the threshold).</summary>
    Accuracy,

    /// <summary>Mean over rows and values of (score - label)^2.</summary>
    MeanSquaredError,

    /// <summary>Share of rows, 0..1, in which the largest score is where the dense level's is (one score: on the same side of the
    /// threshold, 0.5 for a Sigmoid's, else 0).</summary>
    Agreement,
}
