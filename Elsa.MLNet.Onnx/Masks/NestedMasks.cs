using System.Diagnostics.CodeAnalysis;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// The masks of all levels over all maskable tensors. Nested by construction: it is built from level maps, or from masks
/// that are checked to nest. Immutable; tensors keep the order in which they were given.
/// </summary>
public sealed class NestedMasks
{
    readonly OrderedDictionary<string, LevelMap> _maps;

    /// <summary>Makes nested masks from one level map per tensor.</summary>
    /// <exception cref="ArgumentException">No tensor, a name given twice, or different numbers of levels.</exception>
    public NestedMasks(IEnumerable<KeyValuePair<string, LevelMap>> maps)
    {
        ArgumentNullException.ThrowIfNull(maps);
        _maps = new OrderedDictionary<string, LevelMap>(StringComparer.Ordinal);
        foreach (var (name, map) in maps)
            if (!_maps.TryAdd(name, map))
                throw new ArgumentException($"Tensor '{name}' is given twice; give one level map per tensor.",
                    nameof(maps));
        if (_maps.Count == 0)
            throw new ArgumentException("No tensor is given; nested masks need at least one.", nameof(maps));
        LevelCount = _maps.GetAt(0).Value.LevelCount;
        foreach (var (name, map) in _maps)
            if (map.LevelCount != LevelCount)
                throw new ArgumentException($"Tensor '{name}' has {map.LevelCount} levels and " +
                    $"'{_maps.GetAt(0).Key}' has {LevelCount}; all tensors must have the same levels.", nameof(maps));
    }

    /// <summary>Number of levels, the dense one included.</summary>
    public int LevelCount { get; }

    /// <summary>Names of the maskable tensors, in order.</summary>
    public IReadOnlyList<string> TensorNames => _maps.Keys;

    /// <summary>The level map of a tensor.</summary>
    /// <exception cref="KeyNotFoundException">The tensor is not maskable here.</exception>
    public LevelMap this[string tensorName] => _maps.TryGetValue(tensorName, out var map) ? map
        : throw new KeyNotFoundException($"Tensor '{tensorName}' has no mask; maskable are: {string.Join(", ", _maps.Keys)}.");

    /// <summary>Number of maskable weights over all tensors.</summary>
    public long WeightCount => _maps.Values.Sum(map => map.Length);

    /// <summary>Number of weights that the level keeps over all tensors.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    public long KeptCount(int level) => _maps.Values.Sum(map => map.KeptCount(level));

    /// <summary>Share of the maskable weights that the level drops, 0..1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    public double Sparsity(int level) => WeightCount == 0 ? 0 : 1 - (double)KeptCount(level) / WeightCount;

    /// <summary>Gets the level map of a tensor, if it has one.</summary>
    public bool TryGet(string tensorName, [NotNullWhen(true)] out LevelMap? map) => _maps.TryGetValue(tensorName, out map);

    /// <summary>
    /// Makes nested masks from one mask per tensor and sparse level, densest first; the dense level is implied.
    /// </summary>
    /// <param name="tensors">Per tensor its name, its shape and its masks from level 1 on.</param>
    /// <exception cref="ArgumentException">A mask keeps a weight that a denser level drops, a mask's length is not that
    /// of its tensor, or the tensors have different numbers of masks.</exception>
    public static NestedMasks From(IEnumerable<(string Name, IReadOnlyList<long> Shape, IReadOnlyList<Mask> Masks)> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return new NestedMasks(tensors.Select(tensor => KeyValuePair.Create(tensor.Name, ToMap(tensor))));
    }

    static LevelMap ToMap((string Name, IReadOnlyList<long> Shape, IReadOnlyList<Mask> Masks) tensor)
    {
        var (name, shape, masks) = tensor;
        var weights = shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
        for (var index = 0; index < masks.Count; index++)
        {
            if (masks[index].Length != weights)
                throw new ArgumentException($"Mask of '{name}' at level {index + 1} has {masks[index].Length} weights; " +
                    $"its shape [{string.Join(',', shape)}] has {weights}.", nameof(tensor));
            var outside = index == 0 ? 0 : masks[index].CountOutside(masks[index - 1]);
            if (outside > 0)
                throw new ArgumentException($"Mask of '{name}' at level {index + 1} keeps {outside} weights that level " +
                    $"{index} drops. Levels must nest: order them from densest to sparsest and let each keep only what " +
                    "the one before it keeps.", nameof(tensor));
        }
        var levels = new byte[weights];
        foreach (var mask in masks)
            for (var position = 0; position < levels.Length; position++)
                if (mask[position]) levels[position]++;
        return LevelMap.Own([.. shape], levels, masks.Count + 1);
    }
}
