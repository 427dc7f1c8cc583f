namespace Elsa.MLNet.Onnx;

/// <summary>
/// Values of the small unmasked parameters that differ per level, as little-endian bytes. The dense level's values are the
/// initializers themselves.
/// </summary>
public sealed class SideParameters
{
    readonly Dictionary<(int Level, string Name), ReadOnlyMemory<byte>> _values = [];
    readonly OrderedDictionary<string, bool> _names = new(StringComparer.Ordinal);

    /// <summary>Names of the initializers, in the order in which they were first set.</summary>
    public IReadOnlyList<string> Names => _names.Keys;

    /// <summary>Sets the value of an initializer at a sparse level.</summary>
    /// <param name="level">Index of the level, 1 or higher.</param>
    /// <param name="name">Name of the initializer.</param>
    /// <param name="bytes">Its elements in the type and shape of the initializer, little-endian.</param>
    public void Set(int level, string name, ReadOnlyMemory<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);
        ArgumentException.ThrowIfNullOrEmpty(name);
        _names.TryAdd(name, true);
        _values[(level, name)] = bytes;
    }

    /// <summary>The value of an initializer at a sparse level.</summary>
    /// <exception cref="KeyNotFoundException">It was not set.</exception>
    public ReadOnlyMemory<byte> Of(int level, string name) => _values.TryGetValue((level, name), out var bytes) ? bytes
        : throw new KeyNotFoundException($"Side parameter '{name}' has no value at level {level}; set one for every sparse level.");

    internal SideParameters Copy()
    {
        var copy = new SideParameters();
        foreach (var name in Names) copy._names.Add(name, true);
        foreach (var (key, bytes) in _values) copy._values.Add(key, bytes.ToArray());
        return copy;
    }
}
