namespace Elsa.MLNet.Reporting;

/// <summary>Flips counted by the classes they go from and to, the most frequent first.</summary>
/// <param name="From">The dense level's class.</param>
/// <param name="To">The level's class.</param>
/// <param name="Rows">The rows, in order.</param>
internal sealed record ClassChange(int From, int To, IReadOnlyList<int> Rows)
{
    public static IEnumerable<ClassChange> In(IEnumerable<ElsaFlip> flips) => flips
        .GroupBy(flip => (flip.DenseClass, flip.LevelClass))
        .OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
        .Select(group => new ClassChange(group.Key.DenseClass, group.Key.LevelClass, [.. group.Select(flip => flip.Row)]));
}
