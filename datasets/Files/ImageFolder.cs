namespace Elsa.MLNet.Datasets;

/// <summary>
/// Reads a folder of class folders with .jpg or .png pictures of one size, or a .tar, .tar.gz or .tgz that holds such a
/// folder: <c>cat/0000.jpg</c>, <c>train/cat/0000.jpg</c>. Classes are the folders' names in ordinal order. Other files
/// are passed over.
/// </summary>
public static class ImageFolder
{
    static readonly string[] ArchiveEndings = [".tar", ".tar.gz", ".tgz"];

    /// <summary>Opens a folder or an archive.</summary>
    /// <remarks>The set is grey when its first picture is, else red, green and blue. A grey picture among coloured ones
    /// is repeated in each channel. Rows are in ordinal order of their names in a folder, and in the archive's order in
    /// an archive.</remarks>
    /// <param name="path">The folder or archive.</param>
    /// <param name="part">Which part, where class folders lie in folders <c>train</c> and <c>test</c>.</param>
    /// <exception cref="FileNotFoundException">Nothing is at <paramref name="path"/>.</exception>
    /// <exception cref="InvalidDataException">There is no picture, one is damaged or too large, has another size than
    /// the first, or is coloured where the first is grey.</exception>
    public static LabeledImages Open(string path, DataPart part = DataPart.Only)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var entries = Directory.Exists(path) ? ImageEntries.OfFolder(path, part) : ImageEntries.OfArchive(path, part);
        ImageRows? rows = null;
        var classes = new List<string>();
        foreach (var entry in entries)
        {
            using var picture = new PictureDecoder(entry);
            rows ??= new ImageRows(picture.Width, picture.Height, picture.Channels);
            CheckAlike(picture, rows, entry.Name);
            picture.Decode(rows.Add(LabelOf(ImageEntry.ClassOf(entry.Name), classes)));
        }
        if (rows is null)
            throw new InvalidDataException(
                $"'{path}' holds no picture{(part == DataPart.Only ? "" : $" of the part {part}")}. "
                + "Pictures are expected as class/picture.jpg or .png, or in folders train and test of such classes.");
        string[] sorted = [.. classes.Order(StringComparer.Ordinal)];
        return rows.Build(sorted, [.. classes.Select(name => Array.IndexOf(sorted, name))]);
    }

    internal static bool IsArchive(string path) =>
        ArchiveEndings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    static int LabelOf(string name, List<string> classes)
    {
        if (!classes.Contains(name))
            classes.Add(name);
        return classes.IndexOf(name);
    }

    static void CheckAlike(PictureDecoder picture, ImageRows rows, string name)
    {
        if (picture.Width != rows.Width || picture.Height != rows.Height)
            throw new InvalidDataException(
                $"'{name}' has {picture.Width} x {picture.Height} pixels and the first picture has "
                + $"{rows.Width} x {rows.Height}. All pictures of a set must have one size; resize them first.");
        if (picture.Channels > rows.Channels)
            throw new InvalidDataException(
                $"'{name}' is coloured and the first picture is grey. Convert the pictures to one kind.");
    }
}
