namespace Elsa.MLNet.Scoring.Policy;

/// <summary>Tells what every level costs on this machine.</summary>
internal interface ILevelCosts
{
    /// <param name="anew">Measures now, even if the costs are known.</param>
    MeasuredCosts Of(bool anew);
}

/// <summary>Costs of all levels, dense first.</summary>
/// <param name="Levels">Per level its cost.</param>
/// <param name="At">When they were measured, UTC.</param>
/// <param name="FromCache">Whether an earlier measurement was read.</param>
internal sealed record MeasuredCosts(IReadOnlyList<ElsaLevelCost> Levels, DateTimeOffset At, bool FromCache);
