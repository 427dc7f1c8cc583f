namespace Elsa.MLNet;

/// <summary>What a level costs on a machine, for full batches of one size.</summary>
public sealed record ElsaLevelCost
{
    /// <summary>Median milliseconds of a batch.</summary>
    public required double MedianMilliseconds { get; init; }

    /// <summary>95th percentile of the milliseconds of a batch (nearest rank).</summary>
    public required double P95Milliseconds { get; init; }

    /// <summary>Rows of a batch, divided by its median time.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>
    /// Bytes that the process grew by when the level was loaded and scored its first batch, with its buffers; at least
    /// the size of the model and the buffers. Other work in the same process can raise it, and memory that the process
    /// had left over can lower it. What another provider takes on its device is not in it.
    /// </summary>
    public required long MemoryBytes { get; init; }
}
