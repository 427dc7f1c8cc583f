namespace Elsa.MLNet.Onnx;

/// <summary>What a manifest must say of itself, before anything else of the file is looked at (FORMAT.md, "Manifest").</summary>
internal static class ManifestRules
{
    /// <exception cref="ParentFormatException">The version is not ours.</exception>
    public static void CheckVersion(int? version)
    {
        if (version is not null and not ParentManifest.CurrentVersion)
            throw new ParentFormatException(ParentFormatError.UnknownVersion, "formatVersion", $"The manifest has the format version " +
                $"{version}; this library reads version {ParentManifest.CurrentVersion}. Update Elsa.MLNet.Onnx.");
    }

    /// <exception cref="ParentFormatException">A rule is broken.</exception>
    public static void Check(ParentManifest manifest)
    {
        Require(manifest.Levels.Count is >= 1 and <= LevelMap.MaximumLevelCount, "levels", $"there are {manifest.Levels.Count} levels; allowed are 1 to {LevelMap.MaximumLevelCount}");
        Require(manifest.Levels.All(level => level is not null), "levels", "a level is null");
        var order = manifest.Levels.Select(level => level.Index).ToList();
        var places = Enumerable.Range(0, order.Count);
        if (!order.SequenceEqual(places) && order.Order().SequenceEqual(places))
            throw new ParentFormatException(ParentFormatError.LevelSwapped, "levels", $"The manifest lists the levels {string.Join(", ", order)}; " +
                "they stand in order of index. Take the file anew from its source.");
        for (var index = 0; index < manifest.Levels.Count; index++) Check(manifest.Levels[index], index);
        Require(manifest.Levels[0].Name == ParentModel.DenseName, "levels[0]", $"level 0 is named '{manifest.Levels[0].Name}'; it must be '{ParentModel.DenseName}'");
        RequireDistinct(manifest.Levels.Select(level => level.Name), "levels");
        Require(manifest.Tensors.Count > 0, "tensors", "there is no tensor; a parent masks at least one");
        Require(manifest.Tensors.All(tensor => tensor is not null), "tensors", "a tensor is null");
        RequireDistinct(manifest.Tensors.Select(tensor => tensor.Name), "tensors");
        foreach (var tensor in manifest.Tensors)
        {
            Require(tensor.Granularity == "element", tensor.Name, $"tensor '{tensor.Name}' has the granularity '{tensor.Granularity}'; version 1 knows 'element'");
            var (least, most) = tensor.Type switch { "int8" => (-128, 127), "uint8" => (0, 255), _ => (0, 0) };
            Require((tensor.ZeroPoint ?? 0) >= least && (tensor.ZeroPoint ?? 0) <= most, tensor.Name,
                $"tensor '{tensor.Name}' of {tensor.Type} has the zero point {tensor.ZeroPoint}; allowed is {least} to {most}");
        }
        Require(manifest.SideParameters.All(name => name is not null), "sideParameters", "a name is null");
        RequireDistinct(manifest.SideParameters, "sideParameters");
        Check(manifest.Fit);
    }

    static void Check(ParentManifest.LevelEntry level, int index)
    {
        var where = $"levels[{index}]";
        Require(level.Index == index, where, $"{where} has the index {level.Index}; levels stand in order of index");
        Require(LevelNames.IsAllowed(level.Name), where, $"{where} is named '{level.Name}'; {LevelNames.Rule}");
        Require(level.Sparsity is >= 0 and <= 1, where, $"{where} has the sparsity {level.Sparsity}; allowed is 0 to 1");
        Require(level.Metrics.Values.All(double.IsFinite), where, $"{where} has a metric that is not finite");
    }

    static void Check(ElsaFit fit)
    {
        foreach (var (field, texts) in new[] { ("fit.versions", fit.Versions), ("fit.training", fit.Training) })
            Require(texts is null || texts.Values.All(text => text is not null), field, $"a value of {field} is null; it holds strings");
        foreach (var (field, rows) in new[] { ("trainingRows", fit.TrainingRows), ("calibrationRows", fit.CalibrationRows), ("evaluationRows", fit.EvaluationRows) })
            Require(rows >= 0, "fit." + field, $"fit.{field} is {rows}; a number of rows is not negative");
    }

    static void RequireDistinct(IEnumerable<string> names, string where)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names) Require(seen.Add(name), where, $"'{name}' stands twice in {where}");
    }

    static void Require(bool holds, string where, string message)
    {
        if (!holds) throw new ParentFormatException(ParentFormatError.BadManifest, where, $"The manifest is wrong: {message}.");
    }
}
