using System.Text.Json;
using System.Text.Json.Serialization;

namespace Elsa.MLNet.Onnx;

/// <summary>The manifest as it stands in the file (FORMAT.md, "Manifest"). Fields it does not know survive.</summary>
internal sealed record ParentManifest
{
    public const int CurrentVersion = 1;

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 32,
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        RespectNullableAnnotations = true,
    };

    public required int FormatVersion { get; init; }
    public required IReadOnlyList<LevelEntry> Levels { get; init; }
    public required IReadOnlyList<TensorEntry> Tensors { get; init; }
    public IReadOnlyList<string> SideParameters { get; init; } = [];
    public required ElsaFit Fit { get; init; }
    public required string SourceSha256 { get; init; }
    public required string GraphSha256 { get; init; }
    [JsonExtensionData] public IDictionary<string, JsonElement>? Unknown { get; init; }

    /// <summary>A level, and the hash of its own side parameters.</summary>
    public sealed record LevelEntry
    {
        public required int Index { get; init; }
        public required string Name { get; init; }
        public required double Sparsity { get; init; }
        public required long KeptWeights { get; init; }
        public required string Sha256 { get; init; }
        public required string SideSha256 { get; init; }
        public IReadOnlyDictionary<string, double> Metrics { get; init; } = new SortedDictionary<string, double>();
        [JsonExtensionData] public IDictionary<string, JsonElement>? Unknown { get; init; }
    }

    /// <summary>A maskable tensor, and the hashes of its dense weights and of its coded level map.</summary>
    public sealed record TensorEntry
    {
        public required string Name { get; init; }
        public required IReadOnlyList<long> Shape { get; init; }
        public required string Type { get; init; }
        public int? ZeroPoint { get; init; }
        public required string Granularity { get; init; }
        public required string Operator { get; init; }
        public required string Node { get; init; }
        public required string WeightsSha256 { get; init; }
        public required string MapSha256 { get; init; }
        [JsonExtensionData] public IDictionary<string, JsonElement>? Unknown { get; init; }
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>The format version alone: a later version may have other fields.</summary>
    /// <returns>Null if the text names none.</returns>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static int? VersionOf(string text)
    {
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = Json.MaxDepth });
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("formatVersion", out var version)
            && version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out var number) ? number : null;
    }

    /// <exception cref="JsonException">The text is not such a manifest.</exception>
    public static ParentManifest FromJson(string text) =>
        JsonSerializer.Deserialize<ParentManifest>(text, Json) ?? throw new JsonException("The manifest is null.");
}
