using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Scoring.Cascade;

/// <summary>The levels of a cascade in the order in which they are asked.</summary>
internal static class CascadeOrder
{
    /// <exception cref="ArgumentException">A level is unknown, or the levels are fewer than two or do not become
    /// denser.</exception>
    public static IReadOnlyList<ElsaLevel> Of(ParentModel parent, IReadOnlyList<string>? names)
    {
        ElsaLevel[] levels = [.. (names ?? [parent.Levels[^1].Name, parent.Levels[0].Name]).Select(parent.Level)];
        bool becomeDenser = levels.Zip(levels.Skip(1)).All(pair => pair.First.Index > pair.Second.Index);
        return levels.Length >= 2 && becomeDenser
            ? levels
            : throw new ArgumentException(
                $"A cascade of the levels {string.Join(", ", levels.Select(level => level.Name))} cannot escalate. Give " +
                $"two or more in the order from sparse to dense, of " +
                $"{string.Join(", ", parent.Levels.Reverse().Select(l => l.Name))}.",
                nameof(names));
    }
}
