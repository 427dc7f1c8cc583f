namespace Elsa.MLNet;

/// <summary>Which of the measured batches a latency budget is about.</summary>
public enum ElsaPercentile
{
    /// <summary>The median: half of the batches take at most this long.</summary>
    P50,

    /// <summary>95 of 100 batches take at most this long.</summary>
    P95,
}
