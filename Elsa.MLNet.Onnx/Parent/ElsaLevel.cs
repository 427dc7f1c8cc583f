using System.Globalization;

namespace Elsa.MLNet.Onnx;

/// <summary>One network inside a parent.</summary>
public sealed record ElsaLevel
{
    /// <summary>Position: 0 is dense, higher is sparser.</summary>
    public required int Index { get; init; }

    /// <summary>Its name: <c>dense</c>, or for example <c>s90</c> for 90 % sparsity.</summary>
    public required string Name { get; init; }

    /// <summary>Share of the maskable weights that the level drops, 0..1.</summary>
    public required double Sparsity { get; init; }

    /// <summary>Number of maskable weights that the level keeps.</summary>
    public required long KeptWeights { get; init; }

    /// <summary>SHA-256, in lower-case hex, of the level's weights and side parameters (FORMAT.md, "Hashes").</summary>
    public required string Sha256 { get; init; }

    /// <summary>What was measured when the level was fitted, by name, e.g. <c>accuracy</c> in 0..1. In order of name.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new SortedDictionary<string, double>();

    /// <summary>The usual name of a level of this sparsity: <c>s50</c> for 0.5, <c>s97.5</c> for 0.975.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The sparsity is not in (0, 1).</exception>
    public static string NameOf(double sparsity) => sparsity is > 0 and < 1
        ? string.Create(CultureInfo.InvariantCulture, $"s{Math.Round(sparsity * 100, 6)}")
        : throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity, "A sparsity lies between 0 and 1, both excluded.");
}
