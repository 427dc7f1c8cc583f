using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>Reads ONNX models from outside: whatever is wrong with the bytes is a <see cref="ParentFormatException"/>.</summary>
internal static class OnnxReader
{
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ParentFormatException">The bytes are not an ONNX model.</exception>
    public static ModelProto Read(string path)
    {
        CheckSource(path);
        var length = new FileInfo(path).Length;
        return length <= Array.MaxLength ? Parse(File.ReadAllBytes(path)) : throw new ParentFormatException(
            ParentFormatError.TooLarge, path, $"'{path}' has {length} bytes. A model file holds at most 2 GiB; " +
            "larger models keep their weights in external data.");
    }

    static void CheckSource(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0) throw new ArgumentException("The path is empty; give an .onnx file.", nameof(path));
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
            throw new IOException($"'{full}' is a folder; give the path of an .onnx file in it.");
        if (!File.Exists(full))
            throw new FileNotFoundException($"There is no file '{full}'; check the path, which is taken from " +
                $"'{Environment.CurrentDirectory}' where it is not absolute.", full);
    }

    /// <exception cref="IOException">The stream cannot be read, or has more than 2 GiB.</exception>
    /// <exception cref="ParentFormatException">The bytes are not an ONNX model.</exception>
    public static ModelProto Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
    }

    /// <exception cref="ParentFormatException">The bytes are not an ONNX model.</exception>
    public static ModelProto Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            MessageBudget.Check(bytes.Span, ModelProto.Descriptor);
            var model = ModelProto.Parser.ParseFrom(bytes.Span);
            return model.Graph is not null ? model : throw NotOnnx("it has no graph", null);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw NotOnnx(error.Message, error);
        }
    }

    static ParentFormatException NotOnnx(string why, Exception? inner) => new(ParentFormatError.NotOnnx, "the file",
        $"The bytes are not an ONNX model: {why.TrimEnd('.')}. Give a complete .onnx file.", inner);
}
