using System.Text.Json;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Turns an ONNX model from outside into a parent. What cannot be read is thrown; what can be read but is not what was
/// written is reported, so that a verification can go on.
/// </summary>
internal sealed class ParentReader
{
    const long ManifestBytes = 1 << 20;
    const long ManifestBytesPerTensor = 1 << 10;

    readonly ModelProto _model;
    readonly string? _directory;
    readonly Action<ParentFinding> _report;
    readonly Dictionary<string, string> _entries = new(StringComparer.Ordinal);
    readonly TensorIndex _tensors;
    bool _contentChanged;

    ParentReader(ModelProto model, string? directory, Action<ParentFinding> report)
    {
        (_model, _directory, _report) = (model, directory, report);
        foreach (var entry in ParentEntries.In(model))
            if (!_entries.TryAdd(entry.Key, entry.Value))
                throw Error(ParentFormatError.DuplicateEntry, entry.Key, $"The metadata entry '{entry.Key}' stands twice; it must stand once.");
        _tensors = new TensorIndex(model);
    }

    /// <summary>Reads a parent; the model becomes part of it and must not be used any more.</summary>
    /// <exception cref="ParentFormatException">The model is not a parent that can be read.</exception>
    public static ParentModel Read(ModelProto model, string? directory, Action<ParentFinding> report)
    {
        try
        {
            return new ParentReader(model, directory, report).Read();
        }
        catch (InvalidDataException error)
        {
            throw new ParentFormatException(ParentFormatError.BadTensor, "a tensor", error.Message, error);
        }
    }

    ParentModel Read()
    {
        var manifest = ReadManifest();
        CheckWeightCount(manifest);
        ExternalTensors.Check(_model, _tensors, _directory);
        var codedMaps = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var masks = new NestedMasks([.. manifest.Tensors.Select(tensor => KeyValuePair.Create(tensor.Name, ReadMap(tensor, manifest.Levels.Count, codedMaps)))]);
        CheckCounts(manifest, masks);
        var sides = ReadSideParameters(manifest, masks);
        if (_entries.Keys.FirstOrDefault() is { } unexpected)
            throw Error(ParentFormatError.UnexpectedEntry, unexpected, $"Nothing in the manifest accounts for the metadata entry '{unexpected}'; remove it, or write the parent anew.");
        var varying = masks.TensorNames.Concat(manifest.SideParameters).ToHashSet(StringComparer.Ordinal);
        if (ContentHash.OfGraph(_model, _directory, varying) != manifest.GraphSha256)
            Report(ParentFormatError.GraphChanged, "the graph", "The graph, or a tensor without a mask, is not the one that was written; take the file anew from its source.");
        ParentEntries.Remove(_model);
        return new ParentModel(_model, _directory, manifest, masks, codedMaps, sides);
    }

    ParentManifest ReadManifest()
    {
        if (!_entries.Remove(ParentEntries.Manifest, out var text))
            throw Error(ParentFormatError.NoManifest, ParentEntries.Manifest, "The model has no 'elsa.manifest': it is plain ONNX, not a parent. Give a parent file.");
        if (!_entries.Remove(ParentEntries.Digest, out var digest) || digest != ContentHash.Of(text))
            Report(ParentFormatError.ManifestChanged, ParentEntries.Manifest, "The manifest was edited: 'elsa.digest' is not its SHA-256. Take the file anew from its source.");
        var allowed = ManifestBytes + ManifestBytesPerTensor * _tensors.All.Count();
        if (text.Length > allowed)
            throw Error(ParentFormatError.TooLarge, ParentEntries.Manifest, $"The manifest has {text.Length} characters; a model with {_tensors.All.Count()} tensors may have {allowed}.");
        try
        {
            ManifestRules.CheckVersion(ParentManifest.VersionOf(text));
            var manifest = ParentManifest.FromJson(text);
            ManifestRules.Check(manifest);
            // Text that no JSON writer accepts, such as half a surrogate pair, may hide in fields that we only pass on.
            _ = manifest.ToJson();
            return manifest;
        }
        // Half a surrogate pair in the name of a property is an invalid operation to the reader of JSON.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Error(ParentFormatError.BadManifest, ParentEntries.Manifest, $"The manifest is not the JSON of FORMAT.md: {error.Message}", error);
        }
    }

    /// <summary>A level map takes a byte per weight, so the weights may not outnumber the bytes that hold them: many
    /// tensors of one region would.</summary>
    void CheckWeightCount(ParentManifest manifest)
    {
        var allowed = (long)_model.CalculateSize();
        var weights = 0L;
        var files = new HashSet<string>(
            OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        var masked = new List<TensorProto>();
        foreach (var entry in manifest.Tensors)
        {
            if (!_tensors.TryGet(entry.Name, out var tensor)) continue;
            masked.Add(tensor);
            if (!TensorBytes.IsExternal(tensor)) continue;
            var data = ExternalData.Locate(tensor, _directory, TensorBytes.ByteCount(tensor));
            if (files.Add(Path.GetFullPath(data.Path))) allowed += new FileInfo(data.Path).Length;
        }
        foreach (var tensor in masked)
            if ((weights += TensorBytes.ElementCount(tensor)) > allowed)
                throw Error(ParentFormatError.TooLarge, tensor.Name, $"The masked tensors up to '{tensor.Name}' " +
                    $"claim {weights} weights; the model and its external files have {allowed} bytes in all.");
    }

    LevelMap ReadMap(ParentManifest.TensorEntry entry, int levelCount, Dictionary<string, byte[]> codedMaps)
    {
        if (!_tensors.TryGet(entry.Name, out var tensor))
            throw Error(ParentFormatError.NoTensor, entry.Name, $"The manifest names the tensor '{entry.Name}', which the graph does not have exactly once.");
        if (!tensor.Dims.SequenceEqual(entry.Shape) || ElementTypes.Name(tensor.DataType) != entry.Type || !ElementTypes.IsMaskable(tensor.DataType))
            throw Error(ParentFormatError.BadTensor, entry.Name, $"Tensor '{entry.Name}' is {ElementTypes.Name(tensor.DataType)} [{string.Join(',', tensor.Dims)}]; the manifest says {entry.Type} [{string.Join(',', entry.Shape)}].");
        if (TensorBytes.ElementCount(tensor) == 0)
            throw Error(ParentFormatError.BadTensor, entry.Name, $"Tensor '{entry.Name}' has no weights; only tensors with weights are masked.");
        if (!tensor.HasRawData && !TensorBytes.IsExternal(tensor))
            throw Error(ParentFormatError.BadTensor, entry.Name, $"The weights of '{entry.Name}' lie in a typed list; maskable weights are raw or external data.");
        var weights = TensorBytes.Read(tensor, _directory);
        if (ContentHash.Of(weights.Span) != entry.WeightsSha256)
            Report(ParentFormatError.WeightsChanged, entry.Name, $"The weights of '{entry.Name}' are not the ones that were written; take the file anew from its source.");

        var key = ParentEntries.Mask(entry.Name);
        if (!_entries.Remove(key, out var text))
            throw Error(ParentFormatError.NoLevelMap, key, $"Tensor '{entry.Name}' has no level map '{key}'.");
        var coded = codedMaps[entry.Name] = FromText(key, text, ParentFormatError.BadLevelMap);
        if (ContentHash.Of(coded) != entry.MapSha256)
            Report(ParentFormatError.MaskChanged, entry.Name, $"The level map of '{entry.Name}' is not the one that was written; take the file anew from its source.");
        try
        {
            return LevelMapCodec.Decode(coded, new WeightKeys(weights, tensor.DataType, entry.ZeroPoint ?? 0), [.. entry.Shape], (int)TensorBytes.ElementCount(tensor), levelCount);
        }
        catch (InvalidDataException error)
        {
            throw Error(ParentFormatError.BadLevelMap, key, $"The level map of '{entry.Name}' cannot be decoded: {error.Message}.", error);
        }
    }

    void CheckCounts(ParentManifest manifest, NestedMasks masks)
    {
        // Where weights or maps changed, other counts are a consequence, not a second fault.
        if (_contentChanged) return;
        foreach (var level in manifest.Levels)
            if (Fits(level.Index)) continue;
            else if (manifest.Levels.FirstOrDefault(other => Fits(other.Index, level)) is { } other)
                Report(ParentFormatError.LevelSwapped, level.Name, $"The manifest says of level '{level.Name}' what is true of level '{other.Name}'; take the file anew from its source.");
            else
                Report(ParentFormatError.BadManifest, level.Name, $"The manifest says that level '{level.Name}' keeps {level.KeptWeights} weights (sparsity {level.Sparsity}); its masks keep {masks.KeptCount(level.Index)} (sparsity {masks.Sparsity(level.Index)}).");

        bool Fits(int index, ParentManifest.LevelEntry? said = null) =>
            (said ?? manifest.Levels[index]) is var entry && entry.KeptWeights == masks.KeptCount(index) && entry.Sparsity == masks.Sparsity(index);
    }

    SideParameters ReadSideParameters(ParentManifest manifest, NestedMasks masks)
    {
        var sides = new SideParameters();
        foreach (var level in manifest.Levels)
        {
            foreach (var name in manifest.SideParameters)
            {
                if (!_tensors.TryGet(name, out var tensor) || masks.TryGet(name, out _))
                    throw Error(ParentFormatError.BadSideParameter, name, $"The manifest names the side parameter '{name}', which is not an unmasked tensor of the graph.");
                if (level.Index > 0) sides.Set(level.Index, name, ReadSideParameter(level.Name, name, TensorBytes.ByteCount(tensor)));
            }
            // Read one by one: external ones may all claim the same large region.
            var hash = ContentHash.OfAll(manifest.SideParameters.Select(name =>
                level.Index > 0 ? sides.Of(level.Index, name)
                : _tensors.TryGet(name, out var tensor) ? TensorBytes.Read(tensor, _directory) : default));
            if (hash == level.SideSha256) continue;
            if (manifest.Levels.FirstOrDefault(other => other.SideSha256 == hash) is { } other)
                Report(ParentFormatError.LevelSwapped, level.Name, $"Level '{level.Name}' holds the side parameters of level '{other.Name}'; take the file anew from its source.");
            else
                Report(ParentFormatError.SideParametersChanged, level.Name, $"The side parameters of level '{level.Name}' are not the ones that were written; take the file anew from its source.");
        }
        return sides;
    }

    byte[] ReadSideParameter(string level, string name, long expected)
    {
        var key = ParentEntries.Side(level, name);
        if (!_entries.Remove(key, out var text))
            throw Error(ParentFormatError.BadSideParameter, key, $"Level '{level}' has no '{key}'; every sparse level has a value of every side parameter.");
        var bytes = FromText(key, text, ParentFormatError.BadSideParameter);
        return bytes.Length == expected ? bytes
            : throw Error(ParentFormatError.BadSideParameter, key, $"'{key}' has {bytes.Length} bytes; its tensor has {expected}.");
    }

    static byte[] FromText(string key, string text, ParentFormatError error)
    {
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(text);
        }
        catch (FormatException inner)
        {
            throw Error(error, key, $"'{key}' is not Base64 text.", inner);
        }
        // White space and bits of padding would be bytes of the file that no hash covers.
        var tail = Convert.ToBase64String(bytes.AsSpan(bytes.Length - bytes.Length % 3));
        return text.Length == (bytes.Length + 2) / 3 * 4 && text.EndsWith(tail, StringComparison.Ordinal) ? bytes
            : throw Error(error, key, $"'{key}' is not the Base64 text of its bytes: it has white space, or padding " +
                "bits that are not zero. Take the file anew from its source.");
    }

    void Report(ParentFormatError error, string where, string message)
    {
        _contentChanged |= error is ParentFormatError.WeightsChanged or ParentFormatError.MaskChanged;
        _report(new ParentFinding(error, where, message));
    }

    static ParentFormatException Error(ParentFormatError error, string where, string message, Exception? inner = null) =>
        new(error, where, message, inner);
}
