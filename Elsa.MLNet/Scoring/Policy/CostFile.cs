using System.Text.Json;

namespace Elsa.MLNet.Scoring.Policy;

/// <summary>One measurement in a file. Whatever cannot be trusted in it is an objection, never an exception.</summary>
internal sealed class CostFile(string path)
{
    private const int Format = 1;
    private const long LargestFile = 1 << 20;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    /// <summary>Reads the costs for a key.</summary>
    /// <returns>The costs, or null and why there are none to use; the reason is null if there is no file.</returns>
    public (MeasuredCosts? Costs, string? Objection) Read(CostKey key, int levels)
    {
        Content? content;
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return (null, null);
            if (file.Length > LargestFile)
                return (null, $"it has {file.Length} bytes, more than {LargestFile}");
            content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), Json);
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            return (null, $"it cannot be read ({failure.Message})");
        }
        return content switch
        {
            { Format: not Format } => (null, $"its format is {content.Format}; this version reads {Format}"),
            { Key: not null, Levels: not null } when Objection(content, key, levels) is { } found => (null, found),
            { Key: not null, Levels: not null } =>
                (new MeasuredCosts(content.Levels, content.MeasuredAt, FromCache: true), null),
            _ => (null, "it is not complete"),
        };
    }

    /// <summary>Writes the costs, completely or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public void Write(CostKey key, MeasuredCosts costs)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(
                new Content { Format = Format, Key = key, MeasuredAt = costs.At, Levels = [.. costs.Levels] }, Json));
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static string? Objection(Content content, CostKey key, int levels)
    {
        var found = content.Key!;
        if (found.Machine != key.Machine)
            return $"it was measured on another machine ({found.Machine}; this is {key.Machine})";
        if (found.Versions != key.Versions)
            return $"it was measured with other versions ({found.Versions}; these are {key.Versions})";
        if (found.Parent != key.Parent || found.Execution != key.Execution)
            return "it is of another parent or was measured with other options";
        if (content.Levels!.Length != levels)
            return $"it tells {content.Levels.Length} levels of {levels}";
        return content.Levels.All(IsSane) ? null : "it has values that no measurement gives";
    }

    private static bool IsSane(ElsaLevelCost? cost) => cost is { MemoryBytes: > 0 }
        && Positive(cost.MedianMilliseconds) && Positive(cost.RowsPerSecond)
        && double.IsFinite(cost.P95Milliseconds) && cost.P95Milliseconds >= cost.MedianMilliseconds;

    private static bool Positive(double value) => value > 0 && double.IsFinite(value);

    private sealed record Content
    {
        public int Format { get; init; }

        public CostKey? Key { get; init; }

        public DateTimeOffset MeasuredAt { get; init; }

        public ElsaLevelCost[]? Levels { get; init; }
    }
}
