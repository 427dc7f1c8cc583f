namespace Elsa.MLNet.Onnx;

/// <summary>Arithmetic coder for bits of known probability, over a 56-bit interval that is shifted out by bytes.</summary>
internal sealed class RangeEncoder
{
    internal const int IntervalBits = 56;
    internal const ulong LeastRange = 1UL << (IntervalBits - 8);

    const ulong IntervalMask = (1UL << IntervalBits) - 1;

    readonly List<byte> _bytes = [];
    ulong _low;
    ulong _range = IntervalMask;

    /// <summary>Codes a bit; <paramref name="probability"/> is that of 1 in 1/65536.</summary>
    public void Encode(bool bit, int probability)
    {
        var bound = (_range >> 16) * (uint)probability;
        if (bit) _range = bound;
        else
        {
            _low += bound;
            _range -= bound;
            Carry();
        }
        for (; _range < LeastRange; _range <<= 8) ShiftOut();
    }

    /// <summary>Ends the code with the fewest bytes, 0 to 7, that tell the interval; the decoder reads zeros behind them.</summary>
    public byte[] Finish()
    {
        // The number in [low, low + range) with the most trailing zeros; its trailing zero bytes need not be written.
        for (var bits = IntervalBits; bits >= 0; bits--)
        {
            var candidate = (_low + (1UL << bits) - 1) >> bits << bits;
            if (candidate - _low >= _range) continue;
            _low = candidate;
            Carry();
            break;
        }
        for (; _low != 0; _low = _low << 8 & IntervalMask) _bytes.Add((byte)(_low >> (IntervalBits - 8)));
        return [.. _bytes];
    }

    void ShiftOut()
    {
        _bytes.Add((byte)(_low >> (IntervalBits - 8)));
        _low = _low << 8 & IntervalMask;
    }

    void Carry()
    {
        if (_low <= IntervalMask) return;
        _low &= IntervalMask;
        var index = _bytes.Count - 1;
        while (++_bytes[index] == 0) index--;
    }
}
