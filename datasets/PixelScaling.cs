namespace Elsa.MLNet.Datasets;

/// <summary>
/// How a byte of a picture becomes a network's input: <c>(x / 255 - mean[c]) / deviation[c]</c> for channel <c>c</c>,
/// computed in double precision and rounded once to single precision.
/// </summary>
public sealed class PixelScaling
{
    readonly float[][] _tables;

    /// <summary>Makes a scaling with one mean and one deviation per channel, or one of each for all channels.</summary>
    /// <param name="means">What is subtracted, in units of the brightness 0 to 1. Finite.</param>
    /// <param name="deviations">What is divided by, in the same units. Finite and above 0; as many as means.</param>
    /// <exception cref="ArgumentException">No values, different counts, or a value that is not allowed.</exception>
    public PixelScaling(IReadOnlyList<double> means, IReadOnlyList<double> deviations)
    {
        ArgumentNullException.ThrowIfNull(means);
        ArgumentNullException.ThrowIfNull(deviations);
        if (means.Count == 0 || means.Count != deviations.Count)
            throw new ArgumentException(
                $"Got {means.Count} means and {deviations.Count} deviations. "
                + "Give one of each per channel, or one of each for all.");
        _tables = new float[means.Count][];
        for (var channel = 0; channel < means.Count; channel++)
            _tables[channel] = Table(means[channel], deviations[channel], channel);
    }

    /// <summary>Brightness from 0 to 1: mean 0, deviation 1, any number of channels. The default everywhere.</summary>
    public static PixelScaling ZeroToOne { get; } = new([0], [1]);

    /// <summary>For how many channels this scaling has values; 1 serves any number of channels.</summary>
    public int Channels => _tables.Length;

    /// <summary>Converts one picture.</summary>
    /// <param name="image">Bytes, channel by channel.</param>
    /// <param name="channels">The picture's channels.</param>
    /// <param name="destination">As many numbers as bytes, in the same order.</param>
    /// <exception cref="ArgumentException">The scaling is for another number of channels, the bytes do not divide into
    /// channels, or <paramref name="destination"/> has another length.</exception>
    public void Apply(ReadOnlySpan<byte> image, int channels, Span<float> destination)
    {
        CheckChannels(channels);
        if (image.Length % channels != 0)
            throw new ArgumentException($"{image.Length} bytes do not divide into {channels} channels.", nameof(image));
        if (destination.Length != image.Length)
            throw new ArgumentException(
                $"The destination holds {destination.Length} numbers. The picture has {image.Length}.",
                nameof(destination));
        var plane = image.Length / channels;
        for (var channel = 0; channel < channels; channel++)
        {
            var table = _tables[channel % _tables.Length];
            var end = (channel + 1) * plane;
            for (var i = channel * plane; i < end; i++)
                destination[i] = table[image[i]];
        }
    }

    internal void CheckChannels(int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (Channels != 1 && Channels != channels)
            throw new ArgumentException(
                $"The scaling has values for {Channels} channels and the pictures have {channels}. "
                + "Give one mean and deviation per channel, or one for all.", nameof(channels));
    }

    static float[] Table(double mean, double deviation, int channel)
    {
        if (!double.IsFinite(mean) || !double.IsFinite(deviation) || deviation <= 0)
            throw new ArgumentException(
                FormattableString.Invariant($"Channel {channel} has mean {mean} and deviation {deviation}. ")
                + "The mean must be finite, the deviation finite and above 0.");
        var table = new float[256];
        for (var x = 0; x < table.Length; x++)
            table[x] = (float)((x / 255.0 - mean) / deviation);
        return table;
    }
}
