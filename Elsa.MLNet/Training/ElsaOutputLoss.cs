namespace Elsa.MLNet;

/// <summary>A loss of one output of the model and its weight in the sum. Immutable.</summary>
public sealed record ElsaOutputLoss
{
    /// <summary>What is minimised.</summary>
    public required ElsaLoss Loss { get; init; }

    /// <summary>Name of the model's output; null (default) for the scored one.</summary>
    public string? OnnxOutputName { get; init; }

    /// <summary>Column with the truth; null (default) for the options' LabelColumnName.</summary>
    public string? LabelColumnName { get; init; }

    /// <summary>Factor in the sum, above 0. The default value is 1.</summary>
    public double Weight { get; init; } = 1;
}
