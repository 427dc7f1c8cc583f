using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Elsa.MLNet.Onnx;

/// <summary>Puts zeros in place of the weights that a level does not keep.</summary>
internal static class WeightMasking
{
    /// <summary>destination[p] = levels[p] >= level ? weights[p] : zero, with all bits of a kept weight unchanged.</summary>
    /// <param name="weights">Elements of <paramref name="elementSize"/> bytes.</param>
    /// <param name="levels">Per element the sparsest level that keeps it.</param>
    /// <param name="level">The level to take out.</param>
    /// <param name="elementSize">1, 2, 4 or 8.</param>
    /// <param name="destination">As long as <paramref name="weights"/>; may be the same memory.</param>
    /// <param name="zero">The zero point of elements of one byte; all others have 0.</param>
    public static void Apply(ReadOnlySpan<byte> weights, ReadOnlySpan<byte> levels, int level, int elementSize, Span<byte> destination,
        byte zero = 0)
    {
        if (weights.Length != levels.Length * elementSize || destination.Length < weights.Length)
            throw new ArgumentException($"{levels.Length} levels do not fit {weights.Length} bytes of weights of " +
                $"{elementSize} bytes and {destination.Length} bytes of room.", nameof(levels));
        switch (elementSize)
        {
            case 1: Tail(weights, levels, level, destination, 0, zero); break;
            case 2: Tail(MemoryMarshal.Cast<byte, ushort>(weights), levels, level, MemoryMarshal.Cast<byte, ushort>(destination), 0); break;
            case 4: Apply32(MemoryMarshal.Cast<byte, uint>(weights), levels, level, MemoryMarshal.Cast<byte, uint>(destination)); break;
            case 8: Tail(MemoryMarshal.Cast<byte, ulong>(weights), levels, level, MemoryMarshal.Cast<byte, ulong>(destination), 0); break;
            default: throw new ArgumentOutOfRangeException(nameof(elementSize), elementSize, "Elements have 1, 2, 4 or 8 bytes.");
        }
    }

    static void Apply32(ReadOnlySpan<uint> weights, ReadOnlySpan<byte> levels, int level, Span<uint> destination)
    {
        var position = 0;
        var bound = Vector256.Create((byte)level);
        for (; position <= weights.Length - Vector256<byte>.Count; position += Vector256<byte>.Count)
        {
            // Comparison gives bytes of all ones or all zeros; widening with the sign gives words of the same.
            var kept = Vector256.GreaterThanOrEqual(Vector256.Create(levels.Slice(position, Vector256<byte>.Count)), bound).AsSByte();
            var (low, high) = Vector256.Widen(kept);
            var ((a, b), (c, d)) = (Vector256.Widen(low), Vector256.Widen(high));
            (Vector256.Create(weights[position..]) & a.AsUInt32()).CopyTo(destination[position..]);
            (Vector256.Create(weights[(position + 8)..]) & b.AsUInt32()).CopyTo(destination[(position + 8)..]);
            (Vector256.Create(weights[(position + 16)..]) & c.AsUInt32()).CopyTo(destination[(position + 16)..]);
            (Vector256.Create(weights[(position + 24)..]) & d.AsUInt32()).CopyTo(destination[(position + 24)..]);
        }
        Tail(weights, levels, level, destination, position);
    }

    static void Tail<T>(ReadOnlySpan<T> weights, ReadOnlySpan<byte> levels, int level, Span<T> destination, int from, T zero = default)
        where T : struct
    {
        for (var position = from; position < levels.Length; position++)
            destination[position] = levels[position] >= level ? weights[position] : zero;
    }
}
