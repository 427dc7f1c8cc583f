namespace Elsa.MLNet.Onnx;

public sealed partial class ParentModel
{
    /// <summary>Reads a parent and checks that it is what was written: every hash but those of the levels, which
    /// <see cref="ParentVerification"/> computes too.</summary>
    /// <param name="path">An ONNX file; external data lies beside it.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ParentFormatException">The file is not a parent, is damaged or was changed.</exception>
    public static ParentModel Read(string path) =>
        ParentReader.Read(OnnxReader.Read(path), Path.GetDirectoryName(Path.GetFullPath(path)), Throw);

    /// <summary>As <see cref="Read(string)"/>, from where the stream stands to its end. Nothing is written to disk; the
    /// stream stays open.</summary>
    /// <param name="stream">Bytes of an ONNX model, at most 2 GiB.</param>
    /// <exception cref="IOException">The stream cannot be read, or has more than 2 GiB.</exception>
    /// <exception cref="ParentFormatException">The bytes are not a parent, are damaged or were changed.</exception>
    public static ParentModel Read(Stream stream) => ParentReader.Read(OnnxReader.Read(stream), null, Throw);

    /// <summary>As <see cref="Read(string)"/>, from memory.</summary>
    /// <exception cref="ParentFormatException">The bytes are not a parent, are damaged or were changed.</exception>
    public static ParentModel Parse(ReadOnlyMemory<byte> bytes) => ParentReader.Read(OnnxReader.Parse(bytes), null, Throw);

    static void Throw(ParentFinding finding) => throw new ParentFormatException(finding);
}
