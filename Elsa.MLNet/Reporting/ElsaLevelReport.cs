using Elsa.MLNet.Onnx;

namespace Elsa.MLNet;

/// <summary>What a level costs and what it saves.</summary>
public sealed record ElsaLevelReport
{
    /// <summary>The level: its sparsity, kept weights and the metrics of the parent's manifest.</summary>
    public required ElsaLevel Level { get; init; }

    /// <summary>Bytes of the level extracted as plain ONNX.</summary>
    public required long ExtractedBytes { get; init; }

    /// <summary>Bytes of the same file compressed with Deflate.</summary>
    public required long DeflatedBytes { get; init; }

    /// <summary>Share of the held-out rows whose class is right; null without rows or labels.</summary>
    public ElsaShare? Accuracy { get; init; }

    /// <summary>Share of the held-out rows whose class is that of the dense level; null without rows, or if the score is one
    /// number that is no class: neither a probability (a Sigmoid's) nor told to be one by a label.</summary>
    public ElsaShare? Agreement { get; init; }

    /// <summary>Speed on this machine; null if it was not measured.</summary>
    public ElsaSpeed? Speed { get; init; }

    /// <summary>The held-out rows whose class is not that of the dense level, in order.</summary>
    public IReadOnlyList<ElsaFlip> Flips { get; init; } = [];
}
