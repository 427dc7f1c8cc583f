using Elsa.MLNet.Onnx;

namespace Elsa.MLNet;

/// <summary>What a cascade's calibration found out about one of its levels.</summary>
public sealed record ElsaCascadeLevel
{
    /// <summary>The level.</summary>
    public required ElsaLevel Level { get; init; }

    /// <summary>Share of the calibration rows that it answers, 0..1.</summary>
    public required double Answered { get; init; }

    /// <summary>Share of the calibration rows that it is asked: those that no level before it answered.</summary>
    public required double Asked { get; init; }

    /// <summary>Its accuracy if it answered every calibration row alone.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Milliseconds for a row, measured over the calibration rows in batches.</summary>
    public required double MillisecondsPerRow { get; init; }

    /// <summary>
    /// Multiplications of a kept weight for one row, in the layers that are masked; null if they cannot be counted,
    /// because a weight reaches its layer through other operators.
    /// </summary>
    public double? MultiplyAdds { get; init; }
}
