namespace Elsa.MLNet.Onnx;

/// <summary>Reads what <see cref="RangeEncoder"/> wrote; behind the last byte it reads zeros.</summary>
internal ref struct RangeDecoder
{
    const int IntervalBytes = RangeEncoder.IntervalBits / 8;

    readonly ReadOnlySpan<byte> _bytes;
    ulong _code;
    ulong _range;

    public RangeDecoder(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _range = (1UL << RangeEncoder.IntervalBits) - 1;
        while (Position < IntervalBytes) ShiftIn();
    }

    /// <summary>Number of bytes read so far, with the zeros behind the end.</summary>
    public long Position { get; private set; }

    public bool Decode(int probability)
    {
        var bound = (_range >> 16) * (uint)probability;
        var bit = _code < bound;
        if (bit) _range = bound;
        else
        {
            _code -= bound;
            _range -= bound;
        }
        for (; _range < RangeEncoder.LeastRange; _range <<= 8) ShiftIn();
        return bit;
    }

    void ShiftIn()
    {
        _code = _code << 8 | (Position < _bytes.Length ? _bytes[(int)Position] : 0u);
        Position++;
    }
}
