using System.Buffers.Binary;

namespace Elsa.MLNet.Datasets;

/// <summary>
/// Reads grey pictures in the idx layout of MNIST and its relatives, plain or gzipped: a file of pictures (magic number
/// 2051, count, rows, columns as big-endian 32-bit integers, then a byte per pixel) and one of labels (2049, count,
/// then a byte per label). Classes are named by their number.
/// </summary>
public static class IdxFiles
{
    const uint ImagesMagic = 0x0803, LabelsMagic = 0x0801;
    static readonly string[] Separators = ["-", "."];
    static readonly string[] Endings = ["", ".gz"];

    /// <summary>Opens the pair of files in a directory: <c>train-images-idx3-ubyte</c> and
    /// <c>train-labels-idx1-ubyte</c>, or the same with <c>t10k</c> for the test part; with or without
    /// <c>.gz</c>.</summary>
    /// <param name="directory">Where the files are.</param>
    /// <param name="part">Which pair.</param>
    /// <exception cref="FileNotFoundException">A file of the pair is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or <paramref name="part"/> does not say which of two
    /// pairs is wanted.</exception>
    public static LabeledImages Open(string directory, DataPart part = DataPart.Only)
    {
        part = Parts.Choose(part, Has(directory, "train"), Has(directory, "t10k"), directory);
        var prefix = part == DataPart.Test ? "t10k" : "train";
        return Open(Require(directory, prefix, "images"), Require(directory, prefix, "labels"));
    }

    /// <summary>Opens a pair of files with any names.</summary>
    /// <param name="imagesFile">The pictures.</param>
    /// <param name="labelsFile">Their labels.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or the files do not belong together.</exception>
    public static LabeledImages Open(string imagesFile, string labelsFile)
    {
        using var images = SourceFile.Open(imagesFile);
        using var labels = SourceFile.Open(labelsFile);
        var size = ReadHeader(images, ImagesMagic, "pictures", 3);
        var count = ReadHeader(labels, LabelsMagic, "labels", 1)[0];
        if (count != size[0])
            throw labels.Wrong(
                $"has {count} labels and '{images.Name}' has {size[0]} pictures. Give two files that belong together");
        var pixels = ReadBody(images, (Int128)size[0] * size[1] * size[2], "pictures");
        var classes = Array.ConvertAll(ReadBody(labels, count, "labels"), label => (int)label);
        return new LabeledImages(
            (int)size[2], (int)size[1], 1, pixels, classes, LabeledImages.NumberedClasses(classes.Max() + 1));
    }

    internal static bool HasPair(string directory) =>
        Has(directory, "train") || Has(directory, "t10k");

    internal static bool IsImages(string fileName) =>
        fileName.Contains("images", StringComparison.Ordinal)
        && fileName.Contains("idx3-ubyte", StringComparison.Ordinal);

    internal static string LabelsOf(string imagesFile) => Path.Combine(
        Path.GetDirectoryName(imagesFile) ?? "",
        Path.GetFileName(imagesFile).Replace("images", "labels", StringComparison.Ordinal)
            .Replace("idx3", "idx1", StringComparison.Ordinal));

    static uint[] ReadHeader(SourceFile file, uint magic, string what, int dimensions)
    {
        Span<byte> header = stackalloc byte[4 + 4 * dimensions];
        file.Read(header, "its header");
        var found = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (found != magic)
            throw file.Wrong($"begins with {found:x8}. An idx file of {what} begins with {magic:x8}");
        var size = new uint[dimensions];
        for (var i = 0; i < dimensions; i++)
            size[i] = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + 4 * i)..]);
        if (size.Contains(0u))
            throw file.Wrong($"says its size is {string.Join(" x ", size)}. Every number must be at least 1");
        return size;
    }

    static byte[] ReadBody(SourceFile file, Int128 length, string what)
    {
        if (length > file.LargestLength)
            throw file.Wrong(
                $"promises {length} bytes of {what} and can hold at most {file.LargestLength}. Get the file again");
        if (length > Array.MaxLength)
            throw file.Wrong($"has {length} bytes of {what}. A set in memory may have {Array.MaxLength}");
        var body = new byte[(int)length];
        file.Read(body, what);
        file.ExpectEnd(what);
        return body;
    }

    static bool Has(string directory, string prefix) => Find(directory, prefix, "images") is not null;

    static string Require(string directory, string prefix, string what) => Find(directory, prefix, what)
        ?? throw new FileNotFoundException(
            $"'{directory}' has no '{prefix}-{what}-{Kind(what)}', plain or with .gz. "
            + "Both files of the pair are needed.");

    static string? Find(string directory, string prefix, string what) =>
        (from separator in Separators
         from ending in Endings
         let path = Path.Combine(directory, $"{prefix}-{what}{separator}{Kind(what)}{ending}")
         where File.Exists(path)
         select path).FirstOrDefault();

    static string Kind(string what) => what == "images" ? "idx3-ubyte" : "idx1-ubyte";
}
