using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Scoring.Policy;

/// <summary>Applies a policy to levels and their costs.</summary>
internal static class LevelChooser
{
    /// <exception cref="ArgumentException">The policy names a level that does not exist.</exception>
    /// <exception cref="InvalidOperationException">No level is admissible and the policy has no fallback.</exception>
    public static ElsaLevelChoice Choose(ElsaLevelPolicy policy, IReadOnlyList<ElsaLevel> levels, ILevelCosts costs)
    {
        foreach (var named in policy.Conditions.OfType<HasName>())
        {
            // A misspelt name is a mistake and no budget, so no fallback hides it.
            if (levels.All(level => level.Name != named.Name))
            {
                throw new ArgumentException(
                    $"There is no level '{named.Name}'. The levels are " +
                    $"{string.Join(", ", levels.Select(level => level.Name))}.",
                    nameof(policy));
            }
        }
        var measured = policy.NeedsCosts ? costs.Of(policy.MeasuresAnew) : null;
        ElsaLevelVerdict[] verdicts =
            [.. levels.Select(level => Judge(policy, level, levels[0], measured?.Levels[level.Index]))];
        var admissible = verdicts.Where(verdict => verdict.IsAdmissible);
        var best = policy.TakesFastest
            ? admissible.MinBy(verdict => verdict.Cost!.MedianMilliseconds)
            : admissible.FirstOrDefault();
        if (best is null && !policy.FallsBackToSparsest)
        {
            throw new InvalidOperationException(
                ElsaLevelChoice.Describe(policy, verdicts, "no level is admissible.", null) +
                "\nRelax a condition, or add OrSparsest() to the policy.");
        }
        return new ElsaLevelChoice
        {
            Policy = policy,
            Level = (best ?? verdicts[^1]).Level,
            Levels = verdicts,
            IsFallback = best is null,
            MeasuredAt = measured?.At,
            IsFromCache = measured?.FromCache ?? false,
        };
    }

    private static ElsaLevelVerdict Judge(
        ElsaLevelPolicy policy, ElsaLevel level, ElsaLevel dense, ElsaLevelCost? cost)
    {
        var objections = policy.Conditions.Select(condition => condition.Objection(level, dense, cost));
        return new ElsaLevelVerdict { Level = level, Cost = cost, Rejections = [.. objections.OfType<string>()] };
    }
}
