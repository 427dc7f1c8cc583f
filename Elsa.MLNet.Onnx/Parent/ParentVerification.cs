using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Whether a parent, or a level extracted from it, is what was written: the masks nest, every hash holds, the non-zeros of
/// each level are the parent's bit for bit, and nothing else of the graph changed.
/// </summary>
public sealed record ParentVerification
{
    ParentVerification(IReadOnlyList<ParentFinding> findings, string? level) => (Findings, Level) = (findings, level);

    /// <summary>What is wrong; empty if nothing is.</summary>
    public IReadOnlyList<ParentFinding> Findings { get; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsValid => Findings.Count == 0;

    /// <summary>For an extracted file: the level that it is; null if it is none, and for a parent.</summary>
    public string? Level { get; }

    /// <summary>Verifies a parent file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ParentVerification OfParent(string path) => Of(() => OnnxReader.Read(path), Path.GetDirectoryName(Path.GetFullPath(path)));

    /// <summary>Verifies a parent in memory.</summary>
    public static ParentVerification OfParent(ReadOnlyMemory<byte> bytes) => Of(() => OnnxReader.Parse(bytes), null);

    /// <summary>Verifies a parent that is not written yet; the model is not used afterwards.</summary>
    internal static ParentVerification OfParent(ModelProto model, string? directory) => Of(() => model, directory);

    /// <summary>Verifies an extracted file against its parent.</summary>
    /// <param name="parent">The parent that it is said to come from.</param>
    /// <param name="path">The extracted file; external data lies beside it.</param>
    /// <param name="level">Name of the level that it is said to be; null accepts any level.</param>
    /// <exception cref="ArgumentException">The parent has no such level.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ParentVerification OfExtracted(ParentModel parent, string path, string? level = null) =>
        OfExtracted(parent, () => OnnxReader.Read(path), Path.GetDirectoryName(Path.GetFullPath(path)), level);

    /// <summary>Verifies an extracted model in memory against its parent.</summary>
    /// <param name="parent">The parent that it is said to come from.</param>
    /// <param name="extracted">The extracted model, without external data.</param>
    /// <param name="level">Name of the level that it is said to be; null accepts any level.</param>
    /// <exception cref="ArgumentException">The parent has no such level.</exception>
    public static ParentVerification OfExtracted(ParentModel parent, ModelProto extracted, string? level = null) =>
        OfExtracted(parent, () => extracted, null, level);

    static ParentVerification Of(Func<ModelProto> read, string? directory)
    {
        var findings = new List<ParentFinding>();
        try
        {
            var parent = ParentReader.Read(read(), directory, findings.Add);
            if (!findings.Any(finding => finding.Error is ParentFormatError.WeightsChanged or ParentFormatError.MaskChanged
                or ParentFormatError.SideParametersChanged or ParentFormatError.LevelSwapped)) parent.CheckLevels(findings.Add);
        }
        catch (ParentFormatException error)
        {
            findings.Add(error.Finding);
        }
        return new ParentVerification(findings, null);
    }

    static ParentVerification OfExtracted(ParentModel parent, Func<ModelProto> read, string? directory, string? level)
    {
        ArgumentNullException.ThrowIfNull(parent);
        var expected = level is null ? null : parent.Level(level);
        var findings = new List<ParentFinding>();
        string? found = null;
        try
        {
            found = new ExtractedLevel(parent, read(), directory, findings.Add).Identify(expected)?.Name;
        }
        catch (ParentFormatException error)
        {
            findings.Add(error.Finding);
        }
        catch (InvalidDataException error)
        {
            findings.Add(new ParentFinding(ParentFormatError.BadTensor, "a tensor", error.Message));
        }
        return new ParentVerification(findings, found);
    }
}
