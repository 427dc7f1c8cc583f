namespace Elsa.MLNet.Onnx;

/// <summary>Writes a file completely or not at all: into a sibling first, which is then renamed.</summary>
internal static class AtomicFile
{
    /// <summary>Ending of the sibling; a process that is killed while writing leaves only this one behind.</summary>
    public const string PartSuffix = ".part";

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">The file exists and <paramref name="overwrite"/> is false.</exception>
    public static void Write(string path, bool overwrite, Action<Stream> write)
    {
        ThrowIfExists(path, overwrite);
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

    public static void ThrowIfExists(string path, bool overwrite)
    {
        if (!overwrite && File.Exists(path))
            throw new IOException($"'{path}' exists; allow overwriting or choose another name.");
    }
}
