namespace Elsa.MLNet.Onnx;

/// <summary>
/// For every weight of one tensor the sparsest level that still keeps it, in row-major order. A weight with value k is
/// kept by levels 0 (dense) to k, so the masks of a level map are nested by construction. Immutable.
/// </summary>
public sealed class LevelMap : IEquatable<LevelMap>
{
    /// <summary>The largest number of levels, the dense one included.</summary>
    public const int MaximumLevelCount = 64;

    const int ChunkWeights = 1 << 14;

    readonly byte[] _levels;
    readonly long[] _shape;
    readonly long[] _kept;

    /// <summary>Makes a level map.</summary>
    /// <param name="shape">Shape of the tensor; its product is the number of weights.</param>
    /// <param name="levels">Per weight the sparsest level that keeps it, 0 to levelCount - 1.</param>
    /// <param name="levelCount">Number of levels, the dense one included: 1 to <see cref="MaximumLevelCount"/>.</param>
    /// <exception cref="ArgumentException">The shape does not fit the number of values, or a value is not below
    /// <paramref name="levelCount"/>.</exception>
    public LevelMap(ReadOnlySpan<long> shape, ReadOnlySpan<byte> levels, int levelCount)
        : this(levelCount, shape.ToArray(), levels.ToArray()) { }

    LevelMap(int levelCount, long[] shape, byte[] levels)
    {
        if (levelCount is < 1 or > MaximumLevelCount)
            throw new ArgumentOutOfRangeException(nameof(levelCount), levelCount,
                $"A parent holds 1 to {MaximumLevelCount} levels, the dense one included.");
        if (shape.Any(dimension => dimension < 0))
            throw new ArgumentException($"The shape [{string.Join(',', shape)}] has a negative dimension; " +
                "dimensions are 0 or more.", nameof(shape));
        var weights = shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
        if (weights != levels.Length)
            throw new ArgumentException($"The shape [{string.Join(',', shape)}] has {weights} weights, " +
                $"but {levels.Length} values were given; give one value per weight.", nameof(levels));
        (_shape, _levels, LevelCount) = (shape, levels, levelCount);
        _kept = new long[levelCount];
        CountKept(levels, _kept);
        if (_kept[0] != levels.Length)
        {
            var outside = levels[levels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(levelCount - 1))];
            throw new ArgumentException($"{levels.AsSpan().Count(outside)} weights name level {outside}, " +
                $"but the sparsest level is {levelCount - 1}.", nameof(levels));
        }
    }

    /// <summary>kept[k] = number of weights that level k keeps, those of levels that do not exist left out.</summary>
    static void CountKept(ReadOnlySpan<byte> levels, Span<long> kept)
    {
        // One pass per level over a piece that stays in the first cache is faster than a histogram, whose counters wait
        // for each other where neighbours have the same level.
        for (var rest = levels; !rest.IsEmpty; rest = rest[Math.Min(ChunkWeights, rest.Length)..])
        {
            var chunk = rest[..Math.Min(ChunkWeights, rest.Length)];
            for (var level = 0; level < kept.Length; level++) kept[level] += chunk.Count((byte)level);
        }
        for (var level = kept.Length - 2; level >= 0; level--) kept[level] += kept[level + 1];
    }

    /// <summary>As the public constructor, taking over the arrays instead of copying them.</summary>
    internal static LevelMap Own(long[] shape, byte[] levels, int levelCount) => new(levelCount, shape, levels);

    /// <summary>Shape of the tensor.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>Number of weights of the tensor.</summary>
    public long Length => _levels.Length;

    /// <summary>Number of levels, the dense one included.</summary>
    public int LevelCount { get; }

    /// <summary>The values, one per weight in row-major order.</summary>
    public ReadOnlySpan<byte> Levels => _levels;

    /// <summary>Number of weights that the level keeps.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    public long KeptCount(int level) => _kept[Checked(level)];

    /// <summary>The level's mask.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    public Mask MaskAt(int level) => Mask.FromLevels(_levels, Checked(level));

    /// <summary>Whether both maps have the same shape, levels and values.</summary>
    public bool Equals(LevelMap? other) => other is not null && other.LevelCount == LevelCount
        && _shape.AsSpan().SequenceEqual(other._shape) && _levels.AsSpan().SequenceEqual(other._levels);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LevelMap);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Length, LevelCount, _kept[^1]);

    int Checked(int level) => level >= 0 && level < LevelCount ? level
        : throw new ArgumentOutOfRangeException(nameof(level), level, $"Levels are 0 (dense) to {LevelCount - 1}.");
}
