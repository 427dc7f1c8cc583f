namespace Elsa.MLNet;

/// <summary>How far a fit is.</summary>
/// <param name="Phase">What is done now: "read", "train", "side parameters" or "measure".</param>
/// <param name="Level">Name of the level at work; empty while rows are read.</param>
/// <param name="Done">Steps done: levels, rows while reading, or training steps of all levels.</param>
/// <param name="Total">Steps in all; null if not known.</param>
public readonly record struct ElsaProgress(string Phase, string Level, long Done, long? Total)
{
    /// <summary>While training the epoch of the level, from 1; else 0.</summary>
    public int Epoch { get; init; }

    /// <summary>While training the loss of the last step, or at the end of an epoch its mean over the epoch.</summary>
    public double? Loss { get; init; }

    /// <summary>At the end of an epoch what the level reaches on held-out rows; null else, or if none are held out.</summary>
    public double? Metric { get; init; }

    /// <summary>Name of <see cref="Metric"/>: "accuracy", "meanSquaredError", "agreement" or "relativeError".</summary>
    public string? MetricName { get; init; }

    /// <summary>While training the time left, from the mean time of the steps so far; null while not known.</summary>
    public TimeSpan? Remaining { get; init; }
}
