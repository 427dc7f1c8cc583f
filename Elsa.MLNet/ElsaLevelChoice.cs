using System.Globalization;
using System.Text;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet;

/// <summary>Which level a policy chose, what was measured, and why the others were not taken.</summary>
public sealed record ElsaLevelChoice
{
    /// <summary>The rule.</summary>
    public required ElsaLevelPolicy Policy { get; init; }

    /// <summary>The chosen level.</summary>
    public required ElsaLevel Level { get; init; }

    /// <summary>Every level, dense first.</summary>
    public required IReadOnlyList<ElsaLevelVerdict> Levels { get; init; }

    /// <summary>Whether no level was admissible and the sparsest was taken instead.</summary>
    public bool IsFallback { get; init; }

    /// <summary>When the costs were measured, in UTC; null if the policy does not ask for them.</summary>
    public DateTimeOffset? MeasuredAt { get; init; }

    /// <summary>Whether the costs come from the file that an earlier measurement left on this machine.</summary>
    public bool IsFromCache { get; init; }

    /// <summary>A table: each level with its numbers, and what became of it.</summary>
    public override string ToString() => Describe(Policy, Levels, IsFallback
        ? $"{Level.Name}: none is admissible, so the sparsest was taken"
        : $"{Level.Name}", Level) + (MeasuredAt is { } when
        ? string.Create(CultureInfo.InvariantCulture,
            $"\nMeasured on this machine at {when:yyyy-MM-dd HH:mm:ss} UTC{(IsFromCache ? ", kept from then" : "")}.")
        : "");

    internal static string Describe(
        ElsaLevelPolicy policy, IReadOnlyList<ElsaLevelVerdict> levels, string result, ElsaLevel? chosen)
    {
        var text = new StringBuilder($"{policy}: {result}");
        foreach (var verdict in levels)
        {
            var level = verdict.Level;
            text.Append(CultureInfo.InvariantCulture, $"\n  {level.Name}: sparsity {level.Sparsity:0.0##}");
            foreach (var (name, value) in level.Metrics)
                text.Append(CultureInfo.InvariantCulture, $", {name} {value:0.####}");
            if (verdict.Cost is { } cost)
            {
                text.Append(CultureInfo.InvariantCulture, $", {cost.MedianMilliseconds:0.####} ms median and ");
                text.Append(CultureInfo.InvariantCulture, $"{cost.P95Milliseconds:0.####} ms p95 per batch, ");
                text.Append(CultureInfo.InvariantCulture, $"{cost.RowsPerSecond:0.#} rows/s, {cost.MemoryBytes} bytes");
            }
            text.Append(level.Index == chosen?.Index ? "; chosen" : "");
            text.Append(verdict.IsAdmissible ? "; admissible" : $"; rejected: {string.Join("; ", verdict.Rejections)}");
        }
        return text.ToString();
    }
}
