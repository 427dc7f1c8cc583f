using Elsa.MLNet.Onnx;

namespace Elsa.MLNet;

/// <summary>What a policy found out about one level.</summary>
public sealed record ElsaLevelVerdict
{
    /// <summary>The level.</summary>
    public required ElsaLevel Level { get; init; }

    /// <summary>What it costs on this machine; null if the policy does not ask for it.</summary>
    public ElsaLevelCost? Cost { get; init; }

    /// <summary>Why it was rejected, a sentence with numbers for every condition that it fails; empty if
    /// admissible.</summary>
    public IReadOnlyList<string> Rejections { get; init; } = [];

    /// <summary>Whether it meets every condition.</summary>
    public bool IsAdmissible => Rejections.Count == 0;
}
