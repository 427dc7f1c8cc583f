namespace Elsa.MLNet;

/// <summary>What an <see cref="ElsaReport"/> measures. Values are checked when set.</summary>
public sealed record ElsaReportOptions
{
    /// <summary>Column with the true class: a key, a Boolean, or a number from 0; null (default) measures agreement with
    /// the dense level only.</summary>
    public string? LabelColumnName { get; init; }

    /// <summary>Held-out rows that are read, at most: the first ones. They are kept in memory. Default 5,000.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaximumRows
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(
            nameof(MaximumRows), value, $"MaximumRows is {value}; give at least 1.");
    } = 5000;

    /// <summary>Time for which each level is measured, in passes through the rows and at least three of them; zero measures
    /// no speed. Default half a second.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public TimeSpan MeasuringTime
    {
        get;
        init => field = value >= TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(
            nameof(MeasuringTime), value, $"MeasuringTime is {value}; give zero (measure no speed) or more.");
    } = TimeSpan.FromSeconds(0.5);

    /// <summary>Stops between two passes. Default: never.</summary>
    public CancellationToken CancellationToken { get; init; }
}
