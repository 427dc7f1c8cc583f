namespace Elsa.MLNet.Datasets;

/// <summary>Collects pictures of one size whose number is not known beforehand.</summary>
sealed class ImageRows(int width, int height, int channels)
{
    readonly int _size = width * height * channels;
    readonly List<int> _labels = [];
    byte[] _pixels = [];

    public int Width => width;

    public int Height => height;

    public int Channels => channels;

    public int Count => _labels.Count;

    /// <summary>Adds an empty picture and gives its bytes to fill, [channels, height, width].</summary>
    /// <exception cref="InvalidDataException">The set is larger than one array can be.</exception>
    public Span<byte> Add(int label)
    {
        var used = (long)Count * _size;
        if (used + _size > Array.MaxLength)
            throw new InvalidDataException(
                $"The set has more than {Count} pictures of {channels} x {height} x {width}, which is over the "
                + $"{Array.MaxLength} bytes that a set in memory may have. Open fewer files at once.");
        if (used + _size > _pixels.Length)
            Array.Resize(ref _pixels, (int)Math.Min(Array.MaxLength, Math.Max(used + _size, 2 * used)));
        _labels.Add(label);
        return _pixels.AsSpan((int)used, _size);
    }

    /// <summary>Makes the set, with class <c>i</c> of each row renamed to <c>renumbered[i]</c> where that is
    /// given.</summary>
    public LabeledImages Build(IReadOnlyList<string> classNames, int[]? renumbered = null)
    {
        var labels = _labels.ToArray();
        for (var row = 0; renumbered is not null && row < labels.Length; row++)
            labels[row] = renumbered[labels[row]];
        return new LabeledImages(width, height, channels, _pixels.AsMemory(0, Count * _size), labels, classNames);
    }
}
