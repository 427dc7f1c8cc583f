namespace Elsa.MLNet.Onnx;

/// <summary>
/// Estimate of the probability that a bit is 1, learnt from the bits seen: P starts at 1/2, and after the n-th bit b moves
/// by (b - P) / (n + 1.5), n stopping at <see cref="Memory"/>.
/// </summary>
internal struct AdaptiveBit
{
    const int Memory = 1022;

    /// <summary>Probabilities are whole numbers of 1/65536, from 32 to 65536 - 32.</summary>
    public const int Scale = 1 << 16;

    const int Margin = 32;

    static readonly int[] Rates = [.. Enumerable.Range(0, Memory + 1).Select(seen => (int)(65536 / (seen + 2.5)))];

    int _distance;
    int _seen;

    /// <summary>The probability in 1/65536.</summary>
    public readonly int Probability => Scale / 2 + _distance;

    public void Learn(bool bit)
    {
        var target = bit ? Scale / 2 - Margin : Margin - Scale / 2;
        _distance += (int)((long)(target - _distance) * Rates[_seen] >> 16);
        if (_seen < Memory) _seen++;
    }
}
