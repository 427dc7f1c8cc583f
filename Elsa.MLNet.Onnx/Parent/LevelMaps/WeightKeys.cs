namespace Elsa.MLNet.Onnx;

/// <summary>The magnitude keys of one tensor's weights, computed piece by piece.</summary>
internal readonly struct WeightKeys(ReadOnlyMemory<byte> bytes, int dataType, int zeroPoint = 0)
{
    readonly int _size = ElementTypes.ByteSize(dataType);

    /// <summary>Computes the keys from position <paramref name="start"/> up to <paramref name="end"/> or until the buffer is full.</summary>
    public Span<uint> Fill(int start, uint[] buffer, int end)
    {
        var keys = buffer.AsSpan(0, Math.Min(buffer.Length, end - start));
        MagnitudeKey.Fill(bytes.Span.Slice(start * _size, keys.Length * _size), dataType, keys, zeroPoint);
        return keys;
    }
}
