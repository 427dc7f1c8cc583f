using Elsa.MLNet.Onnx;
using Google.Protobuf;

namespace Onnx;

/// <summary>Reading and writing of ONNX messages as files, under the names that OnnxSharp's users know.</summary>
public static class OnnxFileExtensions
{
    /// <summary>Reads a message, for example <c>ModelProto.Parser.ParseFromFile("model.onnx")</c>.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidProtocolBufferException">The file is not such a message.</exception>
    public static T ParseFromFile<T>(this MessageParser<T> parser, string path) where T : IMessage<T>
    {
        ArgumentNullException.ThrowIfNull(parser);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return parser.ParseFrom(stream);
    }

    /// <summary>Writes a message to a file, completely or not at all; an existing file is replaced.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteToFile(this IMessage message, string path)
    {
        ArgumentNullException.ThrowIfNull(message);
        AtomicFile.Write(path, overwrite: true, message.WriteTo);
    }
}
