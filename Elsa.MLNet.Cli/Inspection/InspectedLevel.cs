using System.Text.Json.Serialization;
using Elsa.MLNet.Onnx;

namespace Elsa.MLNet.Cli.Inspection;

/// <summary>A level, as <c>elsa inspect</c> shows it.</summary>
internal sealed record InspectedLevel(ElsaLevel Level, [property: JsonPropertyOrder(1)] ExtractedSize? Extracted)
{
    [JsonIgnore] public ElsaLevel Level { get; } = Level;

    public int Index => Level.Index;

    public string Name => Level.Name;

    public double Sparsity => Level.Sparsity;

    public long KeptWeights => Level.KeptWeights;

    public string Sha256 => Level.Sha256;

    public IReadOnlyDictionary<string, double> Metrics => Level.Metrics;
}
