using System.Formats.Tar;

namespace Elsa.MLNet.Datasets;

/// <summary>Lists the pictures of a part, in a folder or a tar archive.</summary>
static class ImageEntries
{
    /// <summary>The pictures below a folder, sorted by name.</summary>
    public static IEnumerable<ImageEntry> OfFolder(string folder, DataPart part)
    {
        var names = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
            .Where(ImageEntry.IsPicture)
            .Order(StringComparer.Ordinal);
        foreach (var name in names.Where(Wanted(part, folder)))
        {
            var path = Path.Combine(folder, name);
            ImageEntry.CheckLength(name, new FileInfo(path).Length);
            yield return new(name, File.ReadAllBytes(path));
        }
    }

    /// <summary>The pictures in a .tar, .tar.gz or .tgz, in the archive's order. Nothing is written to disk.</summary>
    public static IEnumerable<ImageEntry> OfArchive(string path, DataPart part)
    {
        using var file = SourceFile.Open(path);
        using var reader = new TarReader(file.Stream);
        var wanted = Wanted(part, path);
        while (Next(reader, file) is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                continue;
            if (ImageEntry.IsPicture(entry.Name) && wanted(entry.Name))
                yield return new(entry.Name, Read(entry, file));
        }
    }

    static Func<string, bool> Wanted(DataPart part, string path)
    {
        var seen = new bool[3];
        return name =>
        {
            var found = ImageEntry.PartOf(name);
            seen[(int)found] = true;
            if (part == DataPart.Only)
                Parts.Choose(part, seen[(int)DataPart.Train], seen[(int)DataPart.Test], path);
            return part == DataPart.Only || part == found;
        };
    }

    static TarEntry? Next(TarReader reader, SourceFile file) => Guard(() => reader.GetNextEntry(), file);

    static byte[] Read(TarEntry entry, SourceFile file)
    {
        ImageEntry.CheckLength(entry.Name, entry.Length);
        if (entry.Length > file.LargestLength)
            throw file.Wrong(
                $"promises {entry.Length} bytes for '{entry.Name}' and can hold at most {file.LargestLength}. "
                + "Get the file again");
        var bytes = new byte[entry.Length];
        return Guard(
            () =>
            {
                entry.DataStream?.ReadExactly(bytes);
                return bytes;
            },
            file);
    }

    static T Guard<T>(Func<T> read, SourceFile file)
    {
        try
        {
            return read();
        }
        catch (Exception damaged) when (damaged is InvalidDataException or EndOfStreamException or FormatException
            or ArgumentException or NotSupportedException or OverflowException)
        {
            throw file.Wrong("is not a whole tar archive. Get the file again", damaged);
        }
    }
}
