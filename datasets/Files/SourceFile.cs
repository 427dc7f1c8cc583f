using System.IO.Compression;

namespace Elsa.MLNet.Datasets;

/// <summary>A file, plain or gzipped, read once from front to end. What is wrong with it is said with its
/// name.</summary>
sealed class SourceFile : IDisposable
{
    // Deflate stores at most 258 bytes in two bits, and gzip adds a header.
    const long LargestGzipRatio = 1032;
    readonly Stream _stream;
    long _read;

    SourceFile(string path)
    {
        Name = Path.GetFileName(path);
        var file = File.OpenRead(path);
        var zipped = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            || path.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase);
        LargestLength = zipped ? file.Length * LargestGzipRatio : file.Length;
        _stream = zipped ? new GZipStream(file, CompressionMode.Decompress) : new BufferedStream(file, 1 << 16);
    }

    /// <summary>The file's name without its folder.</summary>
    public string Name { get; }

    /// <summary>The number of bytes that the unpacked file cannot exceed.</summary>
    public long LargestLength { get; }

    /// <summary>The unpacked bytes, for a reader of another format.</summary>
    public Stream Stream => _stream;

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SourceFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path)
            ? new SourceFile(path)
            : throw new FileNotFoundException($"There is no file '{path}'. Check the path.", path);
    }

    /// <summary>Fills the destination.</summary>
    /// <exception cref="InvalidDataException">The file ends first, or is not a whole gzip file.</exception>
    public void Read(Span<byte> destination, string what)
    {
        var got = ReadUpTo(destination);
        if (got < destination.Length)
            throw Wrong(
                $"ends after {_read} bytes, inside {what}. Expected {destination.Length - got} more. "
                + "Get the file again");
    }

    /// <summary>Fills the destination, or leaves it untouched and answers false at the end of the file.</summary>
    /// <exception cref="InvalidDataException">The file ends inside, or is not a whole gzip file.</exception>
    public bool TryRead(Span<byte> destination, string what)
    {
        var got = ReadUpTo(destination[..1]);
        if (got == 1)
            Read(destination[1..], what);
        return got == 1;
    }

    /// <exception cref="InvalidDataException">There are more bytes.</exception>
    public void ExpectEnd(string what)
    {
        if (ReadUpTo(stackalloc byte[1]) != 0)
            throw Wrong($"goes on after {what}, where it should end at {_read - 1} bytes. Get the file again");
    }

    /// <summary>The exception for what was found in this file.</summary>
    public InvalidDataException Wrong(string finding, Exception? cause = null) => new($"'{Name}' {finding}.", cause);

    public void Dispose() => _stream.Dispose();

    int ReadUpTo(Span<byte> destination)
    {
        try
        {
            var got = _stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
            _read += got;
            return got;
        }
        catch (InvalidDataException damaged)
        {
            throw Wrong($"is damaged after {_read} unpacked bytes and cannot be unpacked. Get the file again", damaged);
        }
    }
}
