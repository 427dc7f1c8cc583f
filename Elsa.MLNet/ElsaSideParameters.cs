namespace Elsa.MLNet;

/// <summary>How the small unmasked parameters follow the masks without training.</summary>
public enum ElsaSideParameters
{
    /// <summary>
    /// Per level: mean and variance of BatchNormalization are estimated anew on calibration rows, and biases of masked
    /// layers that no BatchNormalization follows are shifted so that each channel keeps its mean.
    /// </summary>
    ReEstimated,

    /// <summary>All levels use the dense model's.</summary>
    Dense,
}
