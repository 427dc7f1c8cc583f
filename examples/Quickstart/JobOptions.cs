namespace Quickstart;

/// <summary>What the command line asked for.</summary>
sealed record JobOptions
{
    public string? Model { get; init; }

    public string? Data { get; init; }

    public string? TestData { get; init; }

    public required double[] Mean { get; init; }

    public required double[] Deviation { get; init; }

    public required double[] Sparsities { get; init; }

    public required int Epochs { get; init; }

    public string? Checkpoints { get; init; }

    public required string Output { get; init; }
}
