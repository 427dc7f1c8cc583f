namespace Elsa.MLNet.Onnx;

/// <summary>Writes a file completely or not at all: into a sibling first, which is then renamed.</summary>
internal static class AtomicFile
{
    /// <summary>Ending of the sibling; a process that is killed while writing leaves only this one behind.</summary>
    public const string PartSuffix = ".part";

    /// <summary>Writes the file.</summary>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file exists and <paramref name="overwrite"/> is false, or the path names a
    /// folder or lies in none.</exception>
    public static void Write(string path, bool overwrite, Action<Stream> write)
    {
        CheckTarget(path, overwrite);
        var part = $"{path}.{Guid.NewGuid():N}{PartSuffix}";
        try
        {
            using (var stream = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(part, path, overwrite);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    /// <summary>Says before the work begins why a file cannot be written.</summary>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file exists and <paramref name="overwrite"/> is false, or the path names a
    /// folder or lies in none.</exception>
    public static void CheckTarget(string path, bool overwrite)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0) throw new ArgumentException("The path is empty; give the file to write.", nameof(path));
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full)) throw new IOException($"'{full}' is a folder; give the path of a file in it.");
        if (Path.GetDirectoryName(full) is { } folder && !Directory.Exists(folder))
            throw new DirectoryNotFoundException(
                $"The folder '{folder}' does not exist; make it first, or choose another.");
        if (!overwrite && File.Exists(full))
            throw new IOException($"'{full}' exists; pass overwrite: true to replace it, or choose another name.");
    }
}
