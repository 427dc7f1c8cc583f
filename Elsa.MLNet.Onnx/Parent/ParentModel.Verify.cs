using Onnx;

namespace Elsa.MLNet.Onnx;

public sealed partial class ParentModel
{
    /// <summary>Verifies the parent as it would be written: nesting, all hashes, and every level.</summary>
    public ParentVerification Verify() => ParentVerification.OfParent(ToModel(), _directory);

    internal string GraphSha256 => _manifest.GraphSha256;

    internal string GraphHashOf(ModelProto model, string? directory) =>
        ContentHash.OfGraph(model, directory, Masks.TensorNames.Concat(SideParameterNames).ToHashSet(StringComparer.Ordinal));

    /// <summary>The value of a side parameter at a level, as little-endian bytes.</summary>
    internal ReadOnlyMemory<byte> SideParameter(int level, string name) => level == 0 ? Weights(name) : _sides.Of(level, name);

    /// <summary>Computes every level's hash and reports those that are not in the manifest where they should be. For a parent
    /// whose weights, maps and side parameters are known to be as written.</summary>
    internal void CheckLevels(Action<ParentFinding> report)
    {
        foreach (var level in Levels)
        {
            var hash = ContentHash.OfLevel(level.Index, Tensors.Select(tensor => (Weights(tensor.Name), Masks[tensor.Name], tensor.Zero)),
                SideParameterNames.Select(name => SideParameter(level.Index, name)));
            if (hash == level.Sha256) continue;
            if (Levels.FirstOrDefault(other => other.Sha256 == hash) is { } other)
                report(new ParentFinding(ParentFormatError.LevelSwapped, level.Name, $"Level '{level.Name}' holds the weights of level '{other.Name}'; take the file anew from its source."));
            else
                report(new ParentFinding(ParentFormatError.ManifestChanged, level.Name, $"The manifest's SHA-256 of level '{level.Name}' is not that of its weights, which are otherwise as written; take the file anew from its source."));
        }
    }

    /// <summary>Compares weights with a level: how many stand where it drops them, lack where it keeps them, or differ.</summary>
    internal (long Added, long Dropped, long Changed) Compare(MaskableTensor tensor, int level, ReadOnlySpan<byte> weights)
    {
        var own = Weights(tensor.Name).Span;
        var levels = Masks[tensor.Name].Levels;
        var size = own.Length / levels.Length;
        var (added, dropped, changed) = (0L, 0L, 0L);
        for (var position = 0; position < levels.Length; position++)
        {
            var mine = own.Slice(position * size, size);
            var theirs = weights.Slice(position * size, size);
            var isZero = !theirs.ContainsAnyExcept(tensor.Zero);
            if (theirs.SequenceEqual(mine))
            {
                if (levels[position] < level && !isZero) added++;
            }
            else if (!isZero) changed++;
            else if (levels[position] >= level) dropped++;
        }
        return (added, dropped, changed);
    }
}
