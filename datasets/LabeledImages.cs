using System.Globalization;
using Microsoft.ML;

namespace Elsa.MLNet.Datasets;

/// <summary>
/// Pictures of one size with a class each, in memory. Pixels are bytes in the order of ONNX image networks: picture,
/// channel, row, column (NCHW).
/// </summary>
public sealed class LabeledImages
{
    readonly ReadOnlyMemory<byte> _pixels;
    readonly ReadOnlyMemory<int> _labels;

    /// <summary>Makes a set of at least one picture.</summary>
    /// <param name="width">Pixels per row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="channels">1 for grey, 3 for red, green and blue.</param>
    /// <param name="pixels">Bytes [pictures, channels, height, width]. Used in place, so do not write to them
    /// later.</param>
    /// <param name="labels">The class of each picture, from 0 to the number of class names - 1. Copied.</param>
    /// <param name="classNames">A name for each class, all different. Copied.</param>
    /// <exception cref="ArgumentException">The numbers do not fit together; the message says which.</exception>
    public LabeledImages(
        int width, int height, int channels, ReadOnlyMemory<byte> pixels, ReadOnlySpan<int> labels,
        IReadOnlyList<string> classNames)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentNullException.ThrowIfNull(classNames);
        if (labels.IsEmpty)
            throw new ArgumentException("There are no labels. A set holds at least one picture.", nameof(labels));
        if ((Int128)width * height * channels * labels.Length != pixels.Length)
            throw new ArgumentException(
                $"Got {pixels.Length} bytes for {labels.Length} pictures of {channels} x {height} x {width}. "
                + "Give channels x height x width bytes for each label.", nameof(pixels));
        if (classNames.Distinct(StringComparer.Ordinal).Count() != classNames.Count)
            throw new ArgumentException("Two classes have the same name. Name each differently.", nameof(classNames));
        if (labels.IndexOfAnyExceptInRange(0, classNames.Count - 1) is >= 0 and var row)
            throw new ArgumentException(
                $"Picture {row} has class {labels[row]}. "
                + $"{classNames.Count} class names allow 0 to {classNames.Count - 1}.",
                nameof(labels));
        (Width, Height, Channels, _pixels) = (width, height, channels, pixels);
        (_labels, ClassNames) = (labels.ToArray(), classNames.ToArray().AsReadOnly());
    }

    LabeledImages(LabeledImages whole, int start, int count)
    {
        (Width, Height, Channels, ClassNames) = (whole.Width, whole.Height, whole.Channels, whole.ClassNames);
        _pixels = whole._pixels.Slice(start * whole.BytesPerImage, count * whole.BytesPerImage);
        _labels = whole._labels.Slice(start, count);
    }

    /// <summary>Pixels per row.</summary>
    public int Width { get; }

    /// <summary>Rows of a picture.</summary>
    public int Height { get; }

    /// <summary>Values per pixel: 1 for grey, 3 for red, green and blue.</summary>
    public int Channels { get; }

    /// <summary>Pictures in the set, at least 1.</summary>
    public int Count => _labels.Length;

    /// <summary>Bytes of one picture: channels x height x width.</summary>
    public int BytesPerImage => Channels * Height * Width;

    /// <summary>The name of each class; index is the label.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>All bytes, [count, channels, height, width].</summary>
    public ReadOnlySpan<byte> Pixels => _pixels.Span;

    /// <summary>The class of each picture, 0-based.</summary>
    public ReadOnlySpan<int> Labels => _labels.Span;

    /// <summary>Opens a set in any layout this library knows, found by the names at <paramref name="path"/>.</summary>
    /// <param name="path">A directory or a file: idx files, CIFAR-10 binary batches, a folder of class folders with
    /// .jpg or .png files, or a .tar or .tar.gz of such a folder.</param>
    /// <param name="part">Which part, where the path holds two.</param>
    /// <exception cref="FileNotFoundException">Nothing is at <paramref name="path"/>.</exception>
    /// <exception cref="InvalidDataException">The layout is not known, or a file is damaged.</exception>
    public static LabeledImages Open(string path, DataPart part = DataPart.Only) => KnownLayouts.Open(path, part);

    /// <summary>The bytes of one picture, [channels, height, width].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such picture.</exception>
    public ReadOnlySpan<byte> Image(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        return _pixels.Span.Slice(row * BytesPerImage, BytesPerImage);
    }

    /// <summary>A run of pictures, without copying.</summary>
    /// <param name="start">The first picture.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The run is empty or reaches beyond the set.</exception>
    public LabeledImages Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - start);
        return new LabeledImages(this, start, count);
    }

    /// <summary>
    /// The set as ML.NET data. <c>Features</c> is a Vector&lt;Single, channels, height, width&gt;; <c>Label</c> is a
    /// Key&lt;UInt32&gt; with the class names as key values, so its raw value is the 0-based class + 1. Pixels are
    /// converted as they are read; the view can shuffle and knows its length.
    /// </summary>
    /// <param name="scaling">How bytes become numbers; <see cref="PixelScaling.ZeroToOne"/> when null.</param>
    /// <exception cref="ArgumentException">The scaling is for another number of channels.</exception>
    public IDataView ToDataView(PixelScaling? scaling = null) =>
        new LabeledImagesView(this, scaling ?? PixelScaling.ZeroToOne);

    internal static string[] NumberedClasses(int count) =>
        [.. Enumerable.Range(0, count).Select(label => label.ToString(CultureInfo.InvariantCulture))];
}
