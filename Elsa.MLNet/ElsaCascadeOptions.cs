namespace Elsa.MLNet;

/// <summary>
/// Which levels a cascade asks, in which order, and how much accuracy it may lose. Values are checked when set.
/// </summary>
public sealed record ElsaCascadeOptions
{
    /// <summary>Column of the held-out rows with the true class: a key, a Boolean or a whole number. Default
    /// "Label".</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public string LabelColumnName { get; init => field = NotEmpty(value, nameof(LabelColumnName)); } = "Label";

    /// <summary>Column that receives the index of the level that answered, an Int32. Default "LevelUsed".</summary>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public string LevelUsedColumnName
    {
        get;
        init => field = NotEmpty(value, nameof(LevelUsedColumnName));
    } = "LevelUsed";

    /// <summary>
    /// Names of the levels that are asked one after another, sparsest first; the last one answers whatever is left, and
    /// loss is counted against it. Null (default) is the sparsest and the dense level.
    /// </summary>
    public IReadOnlyList<string>? Levels { get; init; }

    /// <summary>Share of rows, 0..1, that the cascade may lose against its last level. Default 0.001, a tenth of a
    /// point of accuracy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 1, both excluded.</exception>
    public double MaximumLoss { get; init => field = Share(value, nameof(MaximumLoss)); } = 0.001;

    /// <summary>How certain it is that no more is lost. Default 0.95: of 100 calibrations, 5 may lose more.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not between 0 and 1, both excluded.</exception>
    public double Certainty { get; init => field = Share(value, nameof(Certainty)); } = 0.95;

    /// <summary>How sure a level is of a row. Default <see cref="ElsaConfidence.TopProbability"/>.</summary>
    public ElsaConfidence Confidence { get; init; }

    /// <summary>What the scores are. Default <see cref="ElsaScoreKind.Auto"/>.</summary>
    public ElsaScoreKind Scores { get; init; }

    private static string NotEmpty(string value, string name) => !string.IsNullOrWhiteSpace(value)
        ? value
        : throw new ArgumentException($"{name} is empty. Give the name of a column.", name);

    private static double Share(double value, string name) => value is > 0 and < 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is a share between 0 and 1, both excluded.");
}
