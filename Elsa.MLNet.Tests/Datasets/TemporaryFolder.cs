using System.IO.Compression;

namespace Elsa.MLNet.Tests.Datasets;

/// <summary>A folder of a test's own, gone after it.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("elsa-").FullName;

    /// <summary>Writes a file, gzipped when its name says so, and answers its path.</summary>
    public string Write(string name, byte[] content)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, name.EndsWith("gz", StringComparison.Ordinal) ? Gzip(content) : content);
        return path;
    }

    public static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
