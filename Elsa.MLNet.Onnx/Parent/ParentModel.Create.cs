namespace Elsa.MLNet.Onnx;

public sealed partial class ParentModel
{
    /// <summary>Name of level 0.</summary>
    public const string DenseName = "dense";

    /// <summary>Makes a parent of a dense model. The dense level is the model itself, bit for bit.</summary>
    /// <exception cref="ArgumentException">The masks do not cover exactly the model's maskable tensors, a level's name is not
    /// allowed or stands twice, or a side parameter does not fit its initializer.</exception>
    public static ParentModel Create(MaskableModel model, ParentContent content)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(content);
        // A copy, because the caller may go on setting values.
        content = content with { SideParameters = content.SideParameters.Copy() };
        CheckMasks(model, content.Masks);
        string[] names = [DenseName, .. content.LevelNames];
        CheckNames(names, content.Masks.LevelCount);
        CheckSideParameters(model, content);

        var coded = model.Report.Maskable.ToDictionary(tensor => tensor.Name,
            tensor => LevelMapCodec.Encode(content.Masks[tensor.Name], Keys(model, tensor)));
        var varying = content.Masks.TensorNames.Concat(content.SideParameters.Names).ToHashSet(StringComparer.Ordinal);
        var manifest = new ParentManifest
        {
            FormatVersion = ParentManifest.CurrentVersion,
            Levels = [.. names.Select((name, level) => EntryOf(model, content, level, name))],
            Tensors = [.. model.Report.Maskable.Select(tensor => new ParentManifest.TensorEntry
            {
                Name = tensor.Name,
                Shape = tensor.Shape,
                Type = tensor.ElementType,
                ZeroPoint = tensor.ZeroPoint == 0 ? null : tensor.ZeroPoint,
                Granularity = "element",
                Operator = tensor.OperatorType,
                Node = tensor.NodeName,
                WeightsSha256 = ContentHash.Of(model.Weights(tensor.Name).Span),
                MapSha256 = ContentHash.Of(coded[tensor.Name]),
            })],
            SideParameters = content.SideParameters.Names,
            Fit = content.Fit,
            SourceSha256 = model.SourceSha256,
            GraphSha256 = ContentHash.OfGraph(model.Model, model.Directory, varying),
        };
        return new ParentModel(model.Model.Clone(), model.Directory, manifest, content.Masks, coded, content.SideParameters);
    }

    static WeightKeys Keys(MaskableModel model, MaskableTensor tensor)
    {
        model.Tensors.TryGet(tensor.Name, out var weights);
        return new WeightKeys(model.Weights(tensor.Name), weights!.DataType, tensor.ZeroPoint);
    }

    static ParentManifest.LevelEntry EntryOf(MaskableModel model, ParentContent content, int level, string name)
    {
        var sides = content.SideParameters.Names.Select(side => level == 0 ? model.Weights(side) : content.SideParameters.Of(level, side)).ToList();
        return new ParentManifest.LevelEntry
        {
            Index = level,
            Name = name,
            Sparsity = content.Masks.Sparsity(level),
            KeptWeights = content.Masks.KeptCount(level),
            Sha256 = ContentHash.OfLevel(level, model.Report.Maskable.Select(tensor => (model.Weights(tensor.Name), content.Masks[tensor.Name], tensor.Zero)), sides),
            SideSha256 = ContentHash.OfAll(sides),
        };
    }

    static void CheckMasks(MaskableModel model, NestedMasks masks)
    {
        var expected = model.Report.Maskable.Select(tensor => tensor.Name).ToList();
        if (!expected.SequenceEqual(masks.TensorNames, StringComparer.Ordinal))
            throw new ArgumentException($"The masks are of [{string.Join(", ", masks.TensorNames)}], the model's maskable " +
                $"tensors are [{string.Join(", ", expected)}]; give one level map for each, in this order.", nameof(masks));
        foreach (var tensor in model.Report.Maskable)
            if (!tensor.Shape.SequenceEqual(masks[tensor.Name].Shape))
                throw new ArgumentException($"The level map of '{tensor.Name}' has the shape [{string.Join(',', masks[tensor.Name].Shape)}]; " +
                    $"the tensor's is [{string.Join(',', tensor.Shape)}].", nameof(masks));
    }

    static void CheckNames(string[] names, int levelCount)
    {
        if (names.Length != levelCount)
            throw new ArgumentException($"{names.Length - 1} names for {levelCount - 1} sparse levels; give one name each.", nameof(names));
        if (names.FirstOrDefault(name => !LevelNames.IsAllowed(name)) is { } bad)
            throw new ArgumentException($"'{bad}' cannot name a level: {LevelNames.Rule}.", nameof(names));
        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"Two levels are named '{twice.Key}'; names must differ.", nameof(names));
    }

    static void CheckSideParameters(MaskableModel model, ParentContent content)
    {
        foreach (var name in content.SideParameters.Names)
        {
            if (!model.Tensors.TryGet(name, out var tensor) || content.Masks.TryGet(name, out _))
                throw new ArgumentException($"Side parameter '{name}' is not an unmasked initializer of the model.", nameof(content));
            for (var level = 1; level < content.Masks.LevelCount; level++)
                if (content.SideParameters.Of(level, name).Length != TensorBytes.ByteCount(tensor))
                    throw new ArgumentException($"Side parameter '{name}' at level {level} has " +
                        $"{content.SideParameters.Of(level, name).Length} bytes; its initializer has {TensorBytes.ByteCount(tensor)}.", nameof(content));
        }
    }
}
