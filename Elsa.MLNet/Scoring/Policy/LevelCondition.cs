using System.Globalization;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Scoring.Policy;

/// <summary>One condition of a policy.</summary>
internal abstract record LevelCondition
{
    /// <summary>Whether it is about what a level costs on this machine.</summary>
    public virtual bool NeedsCosts => false;

    /// <summary>Why the level does not meet it, with numbers and units; null if it does.</summary>
    public abstract string? Objection(ElsaLevel level, ElsaLevel dense, ElsaLevelCost? cost);

    protected static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

internal sealed record HasName(string Name) : LevelCondition
{
    public override string? Objection(ElsaLevel level, ElsaLevel dense, ElsaLevelCost? cost) =>
        level.Name == Name ? null : $"is not named {Name}";

    public override string ToString() => $"name {Name}";
}

internal sealed record DropsAtLeast(double Sparsity) : LevelCondition
{
    private const double Forgiven = 0.0005;

    public override string? Objection(ElsaLevel level, ElsaLevel dense, ElsaLevelCost? cost) =>
        level.Sparsity >= Sparsity - Forgiven
            ? null
            : Number($"sparsity {level.Sparsity:0.####} is below {Sparsity:0.####}");

    public override string ToString() => Number($"sparsity of at least {Sparsity}");
}

internal sealed record WithinMilliseconds(double Milliseconds, ElsaPercentile Percentile) : LevelCondition
{
    public override bool NeedsCosts => true;

    public override string? Objection(ElsaLevel level, ElsaLevel dense, ElsaLevelCost? cost)
    {
        double found = Percentile == ElsaPercentile.P50 ? cost!.MedianMilliseconds : cost!.P95Milliseconds;
        return found <= Milliseconds
            ? null
            : Number($"{Percentile} of {found:0.####} ms per batch is over {Milliseconds:0.####} ms");
    }

    public override string ToString() => Number($"{Percentile} of at most {Milliseconds} ms per batch");
}

internal sealed record WithinBytes(long Bytes) : LevelCondition
{
    public override bool NeedsCosts => true;

    public override string? Objection(ElsaLevel level, ElsaLevel dense, ElsaLevelCost? cost) =>
        cost!.MemoryBytes <= Bytes ? null : $"{cost.MemoryBytes} bytes of memory are over {Bytes} bytes";

    public override string ToString() => $"at most {Bytes} bytes of memory";
}

internal sealed record RowsPerSecond(double Minimum) : LevelCondition
{
    public override bool NeedsCosts => true;

    public override string? Objection(ElsaLevel level, ElsaLevel dense, ElsaLevelCost? cost) =>
        cost!.RowsPerSecond >= Minimum
            ? null
            : Number($"{cost.RowsPerSecond:0.#} rows/s are below {Minimum:0.#} rows/s");

    public override string ToString() => Number($"at least {Minimum} rows/s");
}

internal sealed record HasMetric(string Metric, double Minimum) : LevelCondition
{
    public override string? Objection(ElsaLevel level, ElsaLevel dense, ElsaLevelCost? cost) =>
        !level.Metrics.TryGetValue(Metric, out double found) ? $"the parent tells no {Metric} of it"
        : found >= Minimum ? null
        : Number($"{Metric} {found:0.####} is below {Minimum:0.####}");

    public override string ToString() => Number($"{Metric} of at least {Minimum}");
}

internal sealed record LosesAtMost(string Metric, double Maximum) : LevelCondition
{
    public override string? Objection(ElsaLevel level, ElsaLevel dense, ElsaLevelCost? cost)
    {
        if (!level.Metrics.TryGetValue(Metric, out double found) || !dense.Metrics.TryGetValue(Metric, out double best))
            return $"the parent tells no {Metric} of it or of the dense level";
        double lost = IsError(Metric) ? found - best : best - found;
        // Metrics are ratios of counts, and a difference of two that should equal the maximum may not by one bit.
        return lost <= Maximum + 1e-12
            ? null
            : Number($"{Metric} {found:0.####} is {lost:0.####} {Worse} the dense level, ") + Number($"more than {Maximum:0.####}");
    }

    public override string ToString() => Number($"{Metric} at most {Maximum} {Worse} dense");

    /// <summary>Whether of a metric less is better.</summary>
    public static bool IsError(string metric) => metric is "meanSquaredError" or "relativeError";

    private string Worse => IsError(Metric) ? "above" : "below";
}
