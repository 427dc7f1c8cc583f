using System.Text.Json;
using System.Text.Json.Serialization;

namespace Elsa.MLNet.Onnx;

/// <summary>How a parent was made; for people and for repeating it.</summary>
public sealed record ElsaFit
{
    /// <summary>How the weights of the levels came about: <c>post-training</c>, <c>partial-weight-freezing</c>, or another text.</summary>
    public required string Method { get; init; }

    /// <summary>The importance by which weights were kept, e.g. <c>magnitude</c>.</summary>
    public required string Importance { get; init; }

    /// <summary>How a level's sparsity was spread over the tensors, e.g. <c>global</c>.</summary>
    public required string Allocation { get; init; }

    /// <summary>How the side parameters were found, e.g. <c>re-estimated</c> or <c>trained</c>; null if there are none.</summary>
    public string? SideParameters { get; init; }

    /// <summary>Seed of every random choice; null if none was made.</summary>
    public int? Seed { get; init; }

    /// <summary>Loss, optimizer, schedules and the like, by name, if weights were trained; else null. In order of name.</summary>
    public IReadOnlyDictionary<string, string>? Training { get; init; }

    /// <summary>Number of rows on which weights were trained.</summary>
    public long TrainingRows { get; init; }

    /// <summary>Number of rows from which side parameters were found.</summary>
    public int CalibrationRows { get; init; }

    /// <summary>Number of held-out rows on which the levels were measured.</summary>
    public int EvaluationRows { get; init; }

    /// <summary>Versions of the libraries involved, by name. In order of name.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } = new SortedDictionary<string, string>();

    // Fields of later versions: they survive a rewrite, as everywhere in the manifest.
    [JsonInclude, JsonExtensionData]
    internal IDictionary<string, JsonElement>? Unknown { get; init; }
}
