using System.Text.Json;
using System.Text.Json.Serialization;

namespace Elsa.MLNet.Saving;

/// <summary>What a model file tells about a transformer besides its parent, as JSON.</summary>
internal sealed record SavedSettings
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        PropertyNameCaseInsensitive = false,
        RespectNullableAnnotations = true,
        WriteIndented = true,
    };

    /// <summary>Name of the level that scores.</summary>
    public required string Level { get; init; }

    /// <summary>Columns that are scored, with the model's input each one feeds.</summary>
    public required IReadOnlyList<Binding> Inputs { get; init; }

    /// <summary>Columns that receive a score, with the model's output it comes from.</summary>
    public required IReadOnlyList<Binding> Outputs { get; init; }

    /// <summary>SHA-256 of the parent's bytes, in lower-case hex.</summary>
    public required string ParentSha256 { get; init; }

    /// <summary>How a cascade goes on from that level; null if one level scores all rows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Cascading? Cascade { get; init; }

    /// <summary>What <see cref="ElsaCascadeOptions"/> and a calibration say, but what only calibration needs.</summary>
    public sealed record Cascading
    {
        public required IReadOnlyList<string> Levels { get; init; }

        /// <summary>Log-odds; may be infinite.</summary>
        [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
        public required double Threshold { get; init; }

        [JsonConverter(typeof(JsonStringEnumConverter<ElsaConfidence>))]
        public required ElsaConfidence Confidence { get; init; }

        [JsonConverter(typeof(JsonStringEnumConverter<ElsaScoreKind>))]
        public required ElsaScoreKind Scores { get; init; }

        public required string LevelUsedColumn { get; init; }
    }

    /// <summary>A column and the model's name for it.</summary>
    public sealed record Binding
    {
        public required string Column { get; init; }

        public required string Onnx { get; init; }

        /// <summary>Dimensions of an input that were given; null if none were.</summary>
        public IReadOnlyList<int>? Dimensions { get; init; }

        /// <summary>Whether an output is a column of one value instead of a vector.</summary>
        public bool IsScalar { get; init; }

        /// <summary>Names of an output's values; null if there are none.</summary>
        public IReadOnlyList<string>? SlotNames { get; init; }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <exception cref="JsonException">The bytes are not such JSON.</exception>
    public static SavedSettings FromBytes(byte[] bytes) =>
        JsonSerializer.Deserialize<SavedSettings>(bytes, Json) ?? throw new JsonException("The settings are null.");
}
