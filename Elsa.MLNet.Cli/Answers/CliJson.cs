using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Elsa.MLNet.Cli.Answers;

/// <summary>How answers are written as JSON (README.md, "JSON").</summary>
internal static class CliJson
{
    static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.Strict,
        WriteIndented = true,
    };

    public static string Write(CliAnswer answer) => JsonSerializer.Serialize(answer, answer.GetType(), Options);
}
