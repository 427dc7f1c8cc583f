namespace Elsa.MLNet.Calibration;

/// <summary>
/// Where a bias is to bring the mean of its channels. In front of an activation a channel stays as far from zero, in its own
/// deviations, as in the dense level: m s'/s. A channel that is a number of the model's output keeps its mean m, and so does
/// one that is constant, or has become so, as it has no deviation to measure by.
/// </summary>
/// <param name="place">The channels.</param>
/// <param name="dense">Their statistics in the dense level.</param>
internal sealed class BiasTarget(ChannelParameter place, ChannelStatistics dense)
{
    /// <summary>A channel whose variance falls below this share of the dense level's is constant but for rounding.</summary>
    private const double LeastShareOfVariance = 1e-8;

    /// <summary>Means in the dense level.</summary>
    public double[] Means => dense.Mean;

    /// <summary>Mean over standard deviation in the dense level.</summary>
    public double[] Ratios { get; } = dense.MeanPerDeviation();

    /// <summary>Up to this variance a channel keeps its mean.</summary>
    public double[] KeepingVariances { get; } = Array.ConvertAll(dense.Variance, variance =>
        place.IsNumber || variance == 0 ? double.PositiveInfinity : LeastShareOfVariance * variance);

    /// <summary>Where the mean of a channel is to be that has a variance.</summary>
    public double Mean(int channel, double variance) =>
        variance <= KeepingVariances[channel] ? Means[channel] : Ratios[channel] * Math.Sqrt(variance);
}
