using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// One ONNX model that holds many networks: the dense weights, nested masks and per-level side parameters. Immutable.
/// </summary>
public sealed partial class ParentModel
{
    readonly ModelProto _dense;
    readonly string? _directory;
    readonly TensorIndex _tensors;
    readonly ParentManifest _manifest;
    readonly IReadOnlyDictionary<string, byte[]> _codedMaps;
    readonly SideParameters _sides;

    internal ParentModel(ModelProto dense, string? directory, ParentManifest manifest, NestedMasks masks,
        IReadOnlyDictionary<string, byte[]> codedMaps, SideParameters sides)
    {
        (_dense, _directory, _manifest, Masks, _codedMaps, _sides) = (dense, directory, manifest, masks, codedMaps, sides);
        _tensors = new TensorIndex(dense);
        Levels = [.. manifest.Levels.Select(level => new ElsaLevel
        {
            Index = level.Index,
            Name = level.Name,
            Sparsity = level.Sparsity,
            KeptWeights = level.KeptWeights,
            Sha256 = level.Sha256,
            Metrics = level.Metrics,
        })];
    }

    /// <summary>The levels, dense first and sparsest last.</summary>
    public IReadOnlyList<ElsaLevel> Levels { get; }

    /// <summary>The masks of all levels.</summary>
    public NestedMasks Masks { get; }

    /// <summary>How the parent was made.</summary>
    public ElsaFit Fit => _manifest.Fit;

    /// <summary>SHA-256, in lower-case hex, of the dense model that the parent was made from.</summary>
    public string SourceSha256 => _manifest.SourceSha256;

    /// <summary>The maskable tensors, in manifest order.</summary>
    public IReadOnlyList<MaskableTensor> Tensors => [.. _manifest.Tensors.Select(tensor =>
        new MaskableTensor(tensor.Name, tensor.Shape, tensor.Type, tensor.Operator, tensor.Node) { ZeroPoint = tensor.ZeroPoint ?? 0 })];

    /// <summary>Names of the parameters that differ per level without a mask, such as normalisation statistics.</summary>
    public IReadOnlyList<string> SideParameterNames => _manifest.SideParameters;

    /// <summary>Bytes of a tensor's level map in the file, before text coding.</summary>
    /// <exception cref="KeyNotFoundException">The tensor is not maskable here.</exception>
    public long LevelMapBytes(string tensorName) => _codedMaps[tensorName].Length;

    /// <summary>Finds a level by name.</summary>
    /// <exception cref="ArgumentException">There is no such level; the message lists those there are.</exception>
    public ElsaLevel Level(string name) => Levels.FirstOrDefault(level => level.Name == name)
        ?? throw new ArgumentException($"There is no level '{name}'; the parent has: " +
            $"{string.Join(", ", Levels.Select(level => level.Name))}.", nameof(name));

    /// <summary>Takes a level out as plain ONNX: the same graph with zeros where the level's mask drops a weight.</summary>
    /// <param name="level">Index of the level; 0 is dense.</param>
    /// <returns>A model of its own, with no trace of the parent. External data becomes part of it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    /// <exception cref="InvalidOperationException">The model would be larger than 2 GiB; use
    /// <see cref="WriteLevel"/>.</exception>
    public ModelProto Extract(int level) =>
        OnnxWriter.WithExternalDataInside(LevelModel(level), _directory);

    /// <summary>Writes a level as a plain ONNX file, completely or not at all.</summary>
    /// <param name="level">Index of the level; 0 is dense.</param>
    /// <param name="path">The file; where the parent has external data, weights go to <c>path.data</c> beside it. A
    /// model that is replaced keeps its own until then: the new ones go to <c>path.2.data</c> or the next name that is
    /// free, and the old file goes last.</param>
    /// <param name="overwrite">Whether an existing file is replaced. The default value is false.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public void WriteLevel(int level, string path, bool overwrite = false) =>
        OnnxWriter.Write(LevelModel(level), _directory, path, overwrite, OnnxWriter.HasExternalData(_dense));

    /// <summary>Writes a level where it is not to stay, with the name that its data will have.</summary>
    internal void StageLevel(int level, string path, string dataName) => OnnxWriter.Write(LevelModel(level), _directory, path,
        OnnxWriter.HasExternalData(_dense) ? Path.Combine(Path.GetDirectoryName(path)!, dataName) : null, overwrite: false);

    /// <summary>Writes the parent, completely or not at all.</summary>
    /// <param name="path">The file; where the source had external data, weights go to <c>path.data</c> or, when a model
    /// is replaced, to another name as <see cref="WriteLevel"/> chooses it.</param>
    /// <param name="overwrite">Whether an existing file is replaced. The default value is false.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public void Write(string path, bool overwrite = false) => OnnxWriter.Write(ToModel(), _directory, path, overwrite);

    /// <summary>The parent as an ONNX model.</summary>
    public ModelProto ToModel()
    {
        var model = _dense.Clone();
        var manifest = _manifest.ToJson();
        Add(ParentEntries.Manifest, manifest);
        Add(ParentEntries.Digest, ContentHash.Of(manifest));
        foreach (var tensor in _manifest.Tensors)
            Add(ParentEntries.Mask(tensor.Name), Convert.ToBase64String(_codedMaps[tensor.Name]));
        foreach (var level in _manifest.Levels.Skip(1))
            foreach (var name in _manifest.SideParameters)
                Add(ParentEntries.Side(level.Name, name), Convert.ToBase64String(_sides.Of(level.Index, name).Span));
        return model;

        void Add(string key, string value) => model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
    }

    /// <summary>The parent as the bytes of an ONNX file.</summary>
    /// <returns>One file; external data becomes part of it.</returns>
    /// <exception cref="InvalidOperationException">The file would be larger than 2 GiB; use <see cref="Write"/>.</exception>
    public byte[] ToBytes() => OnnxWriter.WithExternalDataInside(ToModel(), _directory).ToByteArray();

    /// <summary>The same parent with measured metrics of its levels.</summary>
    /// <param name="metrics">One dictionary per level, dense first; a metric replaces one of the same name.</param>
    public ParentModel WithMetrics(IReadOnlyList<IReadOnlyDictionary<string, double>> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        if (metrics.Count != Levels.Count)
            throw new ArgumentException($"{metrics.Count} sets of metrics for {Levels.Count} levels; give one per level.", nameof(metrics));
        var levels = _manifest.Levels.Select(level =>
        {
            var merged = new SortedDictionary<string, double>(StringComparer.Ordinal);
            foreach (var (name, value) in level.Metrics.Concat(metrics[level.Index]))
                merged[name] = double.IsFinite(value) ? value : throw new ArgumentException(
                    $"Metric '{name}' of level '{level.Name}' is {value}; metrics must be finite.", nameof(metrics));
            return level with { Metrics = merged };
        });
        return new ParentModel(_dense, _directory, _manifest with { Levels = [.. levels] }, Masks, _codedMaps, _sides);
    }

    /// <summary>The dense model, to be looked at only; its weights may be external.</summary>
    internal ModelProto Dense => _dense;

    /// <summary>A level's graph and side parameters with all dense weights: for <see cref="Mask"/>, when it is known which of
    /// them are needed.</summary>
    internal ModelProto Unmasked(int level) => OnnxWriter.WithExternalDataInside(WithSides(level), _directory);

    /// <summary>Puts zeros where a level drops weights, in those maskable tensors that a model still has.</summary>
    internal void Mask(ModelProto model, int level)
    {
        if (level == 0) return;
        var tensors = new TensorIndex(model);
        foreach (var masked in Tensors)
        {
            if (!tensors.TryGet(masked.Name, out var tensor)) continue;
            var (weights, map) = (Weights(masked.Name), Masks[masked.Name]);
            var bytes = new byte[weights.Length];
            WeightMasking.Apply(weights.Span, map.Levels, level, weights.Length / (int)map.Length, bytes, masked.Zero);
            TensorBytes.SetRaw(tensor, bytes);
        }
    }

    /// <summary>The dense weights of a maskable tensor, as little-endian bytes in row-major order.</summary>
    internal ReadOnlyMemory<byte> Weights(string name) => _tensors.TryGet(name, out var tensor)
        ? TensorBytes.Read(tensor, _directory)
        : throw new KeyNotFoundException($"The parent has no tensor '{name}'.");

    ModelProto LevelModel(int level)
    {
        var model = WithSides(level);
        Mask(model, level);
        return model;
    }

    ModelProto WithSides(int level)
    {
        if (level < 0 || level >= Levels.Count)
            throw new ArgumentOutOfRangeException(nameof(level), level, $"The parent has the levels 0 to {Levels.Count - 1}.");
        var model = _dense.Clone();
        if (level == 0) return model;
        var tensors = new TensorIndex(model);
        foreach (var name in _manifest.SideParameters)
        {
            tensors.TryGet(name, out var tensor);
            TensorBytes.SetRaw(tensor!, _sides.Of(level, name));
        }
        return model;
    }
}
