using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>Where a tensor's elements lie in a file beside the model.</summary>
internal readonly record struct ExternalData(string TensorName, string Path, long Offset, long Length)
{
    /// <summary>Finds and checks the place: inside the model's folder, and long enough.</summary>
    public static ExternalData Locate(TensorProto tensor, string? directory, long expected)
    {
        string? location = null;
        long offset = 0, length = expected;
        foreach (var entry in tensor.ExternalData)
            switch (entry.Key)
            {
                case "location": location = entry.Value; break;
                case "offset": offset = Number(tensor, entry); break;
                case "length": length = Number(tensor, entry); break;
            }
        if (directory is null)
            throw new InvalidDataException($"Tensor '{tensor.Name}' lies in the external file '{location}', " +
                "but the model was read from memory; read it from its file.");
        if (string.IsNullOrEmpty(location) || location.Contains('\0') || System.IO.Path.IsPathRooted(location)
            || location.Split('/', '\\').Contains(".."))
            throw new InvalidDataException($"Tensor '{tensor.Name}' names the external file '{location}'; " +
                "it must be a path inside the model's folder.");
        if (length != expected)
            throw new InvalidDataException($"Tensor '{tensor.Name}' needs {expected} bytes, but its external data " +
                $"is {length} bytes long.");
        var path = System.IO.Path.Combine(directory, location);
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new InvalidDataException($"Tensor '{tensor.Name}' lies in '{path}', which does not exist; " +
                "keep the external file beside the model.");
        if (file.LinkTarget is not null || PassesThroughLink(file, directory))
            throw new InvalidDataException($"Tensor '{tensor.Name}' lies in '{path}', which is a link; " +
                "external data must be a plain file inside the model's folder.");
        if (offset > file.Length - length)
            throw new InvalidDataException($"Tensor '{tensor.Name}' needs {length} bytes from position {offset} of " +
                $"'{path}', which has {file.Length}.");
        return new ExternalData(tensor.Name, path, offset, length);
    }

    /// <summary>All elements in memory.</summary>
    public byte[] ReadAll()
    {
        if (Length > Array.MaxLength)
            throw new InvalidDataException($"Tensor '{TensorName}' has {Length} bytes; a tensor that is masked or " +
                $"changed may have at most {Array.MaxLength}.");
        var bytes = new byte[Length];
        var position = 0;
        Visit(chunk =>
        {
            chunk.CopyTo(bytes.AsSpan(position));
            position += chunk.Length;
        });
        return bytes;
    }

    /// <summary>Gives the elements piece by piece, in order.</summary>
    public void Visit(Action<ReadOnlySpan<byte>> visit)
    {
        // What has no length may be a pipe, and opening one waits for its other end.
        if (Length == 0) return;
        using var file = Open();
        var buffer = new byte[(int)Math.Min(Length, 1 << 20)];
        for (var done = 0L; done < Length;)
        {
            var count = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, Length - done)), Offset + done);
            if (count == 0) throw new InvalidDataException($"'{Path}' became shorter while it was read.");
            visit(buffer.AsSpan(0, count));
            done += count;
        }
    }

    SafeFileHandle Open()
    {
        try
        {
            return File.OpenHandle(Path);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new InvalidDataException($"Tensor '{TensorName}' lies in '{Path}', which may not be read: {error.Message}", error);
        }
    }

    /// <summary>Whether a folder between the model's and the file's is a link, which may lead anywhere.</summary>
    static bool PassesThroughLink(FileInfo file, string directory)
    {
        var root = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(directory));
        for (var folder = file.Directory; folder is not null && folder.FullName.Length > root.Length; folder = folder.Parent)
            if (folder.LinkTarget is not null) return true;
        return false;
    }

    static long Number(TensorProto tensor, StringStringEntryProto entry) =>
        long.TryParse(entry.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
        : throw new InvalidDataException($"Tensor '{tensor.Name}' has the external {entry.Key} '{entry.Value}'; " +
            "it must be a whole number of bytes, 0 or more.");
}
