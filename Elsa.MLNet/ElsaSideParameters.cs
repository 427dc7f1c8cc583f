namespace Elsa.MLNet;

/// <summary>How the small unmasked parameters follow the masks without training.</summary>
public enum ElsaSideParameters
{
    /// <summary>
    /// Per level, from calibration rows: mean and variance of BatchNormalization are estimated anew; biases of masked layers
    /// that no BatchNormalization follows become b + m s' / s - m', with mean m and standard deviation s of the layer's
    /// channel in the dense level and m', s' in this one, so that a channel stays as far from zero, in its own deviations,
    /// as it was. (Keeping the mean alone silences channels, because masking shrinks the deviation.)
    /// </summary>
    ReEstimated,

    /// <summary>All levels use the dense model's.</summary>
    Dense,
}
