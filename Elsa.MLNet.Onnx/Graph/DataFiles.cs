namespace Elsa.MLNet.Onnx;

/// <summary>
/// The names of the files with the weights of models that have external data. A model that is replaced keeps its own
/// until the new one has its name, so that a process that dies between leaves either the old or the new one.
/// </summary>
internal static class DataFiles
{
    const string Suffix = ".data";

    /// <summary>The name where no model stands yet: <c>model.onnx.data</c>.</summary>
    public static string First(string modelPath) => modelPath + Suffix;

    /// <summary>The name for the data of a model that is to be written: the first one, or where a model is replaced the
    /// next one that is free, <c>model.onnx.2.data</c> and so on.</summary>
    public static string For(string modelPath)
    {
        var path = First(modelPath);
        if (!File.Exists(modelPath)) return path;
        for (var number = 2; File.Exists(path); number++) path = $"{modelPath}.{number}{Suffix}";
        return path;
    }

    /// <summary>The files of such names that a model points to; none if there is no model.</summary>
    public static IReadOnlyList<string> Of(string modelPath)
    {
        if (!File.Exists(modelPath)) return [];
        try
        {
            var name = Path.GetFileName(modelPath);
            return [.. new TensorIndex(OnnxReader.Read(modelPath)).All.SelectMany(tensor => tensor.Value.ExternalData)
                .Where(entry => entry.Key == "location" && IsOurs(entry.Value, name)).Select(entry => entry.Value)
                .Distinct(StringComparer.Ordinal).Select(file => modelPath[..^name.Length] + file)];
        }
        catch (ParentFormatException)
        {
            // What is replaced is no model, so nothing belongs to it.
            return [];
        }
    }

    /// <summary>Removes what no model points to any more.</summary>
    public static void Delete(IEnumerable<string> paths)
    {
        foreach (var path in paths)
            try
            {
                File.Delete(path);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Another program reads it still; the new model is complete without this.
            }
    }

    static bool IsOurs(string file, string modelName) =>
        file.StartsWith(modelName + ".", StringComparison.Ordinal) && file.EndsWith(Suffix, StringComparison.Ordinal)
        && (file.Length == modelName.Length + Suffix.Length
            || file[(modelName.Length + 1)..^Suffix.Length].All(char.IsAsciiDigit));
}
