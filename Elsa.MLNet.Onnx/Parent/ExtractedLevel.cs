using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>An extracted model, compared with the levels of its parent.</summary>
internal sealed class ExtractedLevel(ParentModel parent, ModelProto model, string? directory, Action<ParentFinding> report)
{
    readonly TensorIndex _tensors = new(model);

    /// <summary>Finds the level that the model is, and reports where it is not the expected one, or none.</summary>
    public ElsaLevel? Identify(ElsaLevel? expected)
    {
        if (ParentEntries.In(model).FirstOrDefault() is { } entry)
            Report(ParentFormatError.UnexpectedEntry, entry.Key, $"The file has the metadata entry '{entry.Key}'; an extracted level has none of ours. Is it a parent?");
        ExternalTensors.Check(model, _tensors, directory);
        var originals = new TensorIndex(parent.Dense);
        var weights = parent.Masks.TensorNames.ToDictionary(name => name, name => Find(name, originals));
        var sides = parent.SideParameterNames.Select(name => Find(name, originals)).ToList();
        if (parent.GraphHashOf(model, directory) != parent.GraphSha256)
            Report(ParentFormatError.GraphChanged, "the graph", "The graph, or a tensor without a mask, is not the parent's; extract the level anew.");

        var hash = ContentHash.OfLevel(0, parent.Tensors.Select(tensor => (weights[tensor.Name], parent.Masks[tensor.Name], tensor.Zero)), sides);
        // Levels may be equal; a file that is what it is said to be is not another one.
        var level = expected?.Sha256 == hash ? expected : parent.Levels.FirstOrDefault(candidate => candidate.Sha256 == hash);
        if (level is not null && expected is not null && level.Index != expected.Index)
            Report(ParentFormatError.LevelSwapped, expected.Name, $"The file is level '{level.Name}', not '{expected.Name}'; extract '{expected.Name}' anew.");
        if (level is null) Explain(expected ?? Nearest(weights), weights, sides);
        return level;
    }

    /// <summary>The level whose mask differs least from the file's zeros.</summary>
    ElsaLevel Nearest(Dictionary<string, ReadOnlyMemory<byte>> weights) =>
        parent.Levels.MinBy(level => parent.Tensors.Sum(tensor =>
        {
            var (added, dropped, changed) = parent.Compare(tensor, level.Index, weights[tensor.Name].Span);
            return added + dropped + changed;
        }))!;

    void Explain(ElsaLevel level, Dictionary<string, ReadOnlyMemory<byte>> weights, List<ReadOnlyMemory<byte>> sides)
    {
        var explained = false;
        foreach (var tensor in parent.Tensors)
        {
            var (added, dropped, changed) = parent.Compare(tensor, level.Index, weights[tensor.Name].Span);
            explained |= added + dropped + changed > 0;
            if (changed > 0)
                Report(ParentFormatError.WeightsChanged, tensor.Name, $"{changed} weights of '{tensor.Name}' are not the parent's; extract the level anew.");
            if (added + dropped > 0)
                Report(ParentFormatError.MaskChanged, tensor.Name, $"'{tensor.Name}' has {added} weights that level '{level.Name}' drops and lacks {dropped} that it keeps; extract the level anew.");
        }
        for (var index = 0; index < sides.Count; index++)
        {
            var name = parent.SideParameterNames[index];
            if (sides[index].Span.SequenceEqual(parent.SideParameter(level.Index, name).Span)) continue;
            explained = true;
            if (parent.Levels.FirstOrDefault(other => sides[index].Span.SequenceEqual(parent.SideParameter(other.Index, name).Span)) is { } other)
                Report(ParentFormatError.LevelSwapped, name, $"Side parameter '{name}' is that of level '{other.Name}', not of '{level.Name}'; extract the level anew.");
            else
                Report(ParentFormatError.SideParametersChanged, name, $"Side parameter '{name}' is not that of level '{level.Name}'; extract the level anew.");
        }
        if (!explained)
            Report(ParentFormatError.ManifestChanged, level.Name, $"The file holds the weights of level '{level.Name}', but the parent's manifest gives the level another SHA-256; verify the parent.");
    }

    ReadOnlyMemory<byte> Find(string name, TensorIndex originals)
    {
        originals.TryGet(name, out var original);
        if (!_tensors.TryGet(name, out var tensor))
            throw new ParentFormatException(ParentFormatError.NoTensor, name, $"The file has no tensor '{name}', which the parent has; is it from another model?");
        if (tensor.DataType != original!.DataType || !tensor.Dims.SequenceEqual(original.Dims))
            throw new ParentFormatException(ParentFormatError.BadTensor, name, $"Tensor '{name}' is {ElementTypes.Name(tensor.DataType)} [{string.Join(',', tensor.Dims)}]; " +
                $"the parent's is {ElementTypes.Name(original.DataType)} [{string.Join(',', original.Dims)}].");
        return TensorBytes.Read(tensor, directory);
    }

    void Report(ParentFormatError error, string where, string message) => report(new ParentFinding(error, where, message));
}
