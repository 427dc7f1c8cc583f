using System.Globalization;
using System.Text;

namespace Elsa.MLNet;

/// <summary>What a cascade's calibration found: threshold, accuracy, bound and mean cost.</summary>
public sealed record ElsaCascadeReport
{
    /// <summary>Calibration rows.</summary>
    public required int Rows { get; init; }

    /// <summary>The levels, in the order in which they are asked.</summary>
    public required IReadOnlyList<ElsaCascadeLevel> Levels { get; init; }

    /// <summary>
    /// A level answers a row if its confidence (<see cref="ElsaConfidence"/>, log-odds) is above this; infinity if
    /// every row goes to the last level.
    /// </summary>
    public required double Threshold { get; init; }

    /// <summary>The largest loss that was allowed, and is kept with <see cref="Certainty"/>.</summary>
    public required double MaximumLoss { get; init; }

    /// <summary>The probability with which a calibration keeps <see cref="MaximumLoss"/>.</summary>
    public required double Certainty { get; init; }

    /// <summary>Calibration rows that the last level has right and the cascade has wrong.</summary>
    public required int LostRows { get; init; }

    /// <summary>
    /// One-sided upper Clopper-Pearson bound of the share of lost rows, given <see cref="LostRows"/> at this threshold
    /// and <see cref="Certainty"/>. It is at most <see cref="MaximumLoss"/>, which is what the choice of the threshold
    /// guarantees.
    /// </summary>
    public required double LossBound { get; init; }

    /// <summary>Accuracy of the cascade on the calibration rows.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Mean milliseconds of a row: those of the levels that it is asked of, if they run in full
    /// batches.</summary>
    public double MillisecondsPerRow => Levels.Sum(level => level.Asked * level.MillisecondsPerRow);

    /// <summary>
    /// Mean time of a row in units of the last level's. It can be over 1: an escalated row pays twice.
    /// </summary>
    public double RelativeTime => MillisecondsPerRow / Levels[^1].MillisecondsPerRow;

    /// <summary>Mean multiply-adds of a row in units of the last level's; null if they cannot be counted.</summary>
    public double? RelativeMultiplyAdds => Levels.Sum(level => level.Asked * level.MultiplyAdds) is { } sum
        && Levels.All(level => level.MultiplyAdds is not null) && Levels[^1].MultiplyAdds > 0
            ? sum / Levels[^1].MultiplyAdds
            : null;

    /// <summary>A table of the levels and the figures.</summary>
    public override string ToString()
    {
        var culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        text.Append(culture, $"Cascade calibrated on {Rows} rows: threshold {Threshold:0.###} (log-odds), ");
        text.Append(culture, $"accuracy {Accuracy:0.####}, {LostRows} rows lost against {Levels[^1].Level.Name}; ");
        text.Append(culture, $"loss at most {LossBound:0.#####}, allowed {MaximumLoss:0.#####}, ");
        text.Append(culture, $"certainty {Certainty:0.####}.");
        foreach (var level in Levels)
        {
            text.Append(culture, $"\n  {level.Level.Name}: answers {level.Answered:0.0 %} of the rows, ");
            text.Append(culture, $"is asked {level.Asked:0.0 %}, alone accuracy {level.Accuracy:0.####}, ");
            text.Append(culture, $"{level.MillisecondsPerRow:0.#####} ms per row");
            if (level.MultiplyAdds is { } count)
                text.Append(culture, $", {count:0} multiply-adds per row");
        }
        text.Append(culture, $"\n  Mean cost of a row: {MillisecondsPerRow:0.#####} ms, ");
        text.Append(culture, $"{RelativeTime:0.###} of {Levels[^1].Level.Name}");
        if (RelativeMultiplyAdds is { } relative)
            text.Append(culture, $"; multiply-adds {relative:0.###}");
        return text.Append('.').ToString();
    }
}
