using System.Numerics;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Which weights of one tensor a level keeps: one bit per weight in row-major order, packed 64 to a word. Immutable.
/// </summary>
public sealed class Mask : IEquatable<Mask>
{
    readonly ulong[] _words;

    Mask(long length, ulong[] words)
    {
        Length = length;
        _words = words;
        KeptCount = words.Sum(word => (long)BitOperations.PopCount(word));
    }

    /// <summary>Number of weights of the tensor.</summary>
    public long Length { get; }

    /// <summary>Number of weights that the mask keeps.</summary>
    public long KeptCount { get; }

    /// <summary>Share of the tensor's weights that the mask drops, 0..1; 0 for an empty tensor.</summary>
    public double Sparsity => Length == 0 ? 0 : 1 - (double)KeptCount / Length;

    /// <summary>Whether the weight at the row-major position is kept.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The position is not in [0, <see cref="Length"/>).</exception>
    public bool this[long position]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(position);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Length);
            return (_words[position >> 6] >> (int)(position & 63) & 1) != 0;
        }
    }

    /// <summary>Makes a mask from one value per weight, true where the weight is kept.</summary>
    public static Mask From(ReadOnlySpan<bool> kept)
    {
        var words = new ulong[WordCount(kept.Length)];
        for (var position = 0; position < kept.Length; position++)
            if (kept[position]) words[position >> 6] |= 1UL << (position & 63);
        return new Mask(kept.Length, words);
    }

    /// <summary>Makes the mask of a level out of a level map: kept where the map's value is at least the level.</summary>
    internal static Mask FromLevels(ReadOnlySpan<byte> levels, int level)
    {
        var words = new ulong[WordCount(levels.Length)];
        for (var position = 0; position < levels.Length; position++)
            if (levels[position] >= level) words[position >> 6] |= 1UL << (position & 63);
        return new Mask(levels.Length, words);
    }

    /// <summary>Whether every weight that this mask keeps is kept by the other one too.</summary>
    /// <exception cref="ArgumentException">The masks have different lengths.</exception>
    public bool IsSubsetOf(Mask other) => CountOutside(other) == 0;

    /// <summary>Number of weights that this mask keeps and the other one drops.</summary>
    /// <exception cref="ArgumentException">The masks have different lengths.</exception>
    public long CountOutside(Mask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Length != Length)
            throw new ArgumentException($"The masks have {Length} and {other.Length} weights; " +
                "only masks of the same tensor can be compared.", nameof(other));
        var outside = 0L;
        for (var word = 0; word < _words.Length; word++)
            outside += BitOperations.PopCount(_words[word] & ~other._words[word]);
        return outside;
    }

    /// <summary>Whether both masks have the same length and keep the same weights.</summary>
    public bool Equals(Mask? other) =>
        other is not null && other.Length == Length && _words.AsSpan().SequenceEqual(other._words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Mask);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Length, KeptCount);

    static int WordCount(int length) => (length + 63) >> 6;
}
