namespace Elsa.MLNet;

/// <summary>What is measured of each level on held-out rows. Agreement and relative error are always measured too.</summary>
public enum ElsaMetric
{
    /// <summary>
    /// Without a label agreement; with a class label accuracy; with numbers the mean squared error. Training by cross-entropy
    /// or mean squared error decides before the label's type does.
    /// </summary>
    Auto,

    /// <summary>Share of rows, 0..1, whose largest score is at the label's class (one score: on the label's side of the threshold).</summary>
    Accuracy,

    /// <summary>Mean over rows and values of (score - label)^2.</summary>
    MeanSquaredError,

    /// <summary>Share of rows, 0..1, in which the largest score is where the dense level's is.</summary>
    Agreement,
}
