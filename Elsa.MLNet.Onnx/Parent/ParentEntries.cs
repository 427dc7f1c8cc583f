using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>The keys under which a parent keeps its masks in the model's metadata.</summary>
internal static class ParentEntries
{
    public const string Prefix = "elsa.";
    public const string Manifest = "elsa.manifest";
    public const string Digest = "elsa.digest";

    public static string Mask(string tensor) => $"elsa.mask/{tensor}";

    public static string Side(string level, string initializer) => $"elsa.side/{level}/{initializer}";

    public static IEnumerable<StringStringEntryProto> In(ModelProto model) =>
        model.MetadataProps.Where(IsOurs);

    /// <summary>Removes every trace of us.</summary>
    public static void Remove(ModelProto model)
    {
        var others = model.MetadataProps.Where(entry => !IsOurs(entry)).ToList();
        model.MetadataProps.Clear();
        model.MetadataProps.Add(others);
    }

    static bool IsOurs(StringStringEntryProto entry) => entry.Key.StartsWith(Prefix, StringComparison.Ordinal);
}
