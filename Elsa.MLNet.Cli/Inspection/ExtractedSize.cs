using System.IO.Compression;
using Elsa.MLNet.Onnx;
using Google.Protobuf;

namespace Elsa.MLNet.Cli.Inspection;

/// <summary>The size of an extracted level.</summary>
/// <param name="Bytes">As it is, in one ONNX file.</param>
/// <param name="GzipBytes">Compressed with gzip at the usual effort.</param>
internal sealed record ExtractedSize(long Bytes, long GzipBytes)
{
    /// <summary>Measures a level; null if it is larger than one ONNX file can be.</summary>
    public static ExtractedSize? Of(ParentModel parent, int level)
    {
        try
        {
            var model = parent.Extract(level);
            using var counter = new ByteCounter();
            using (var gzip = new GZipStream(counter, CompressionLevel.Optimal, leaveOpen: true)) model.WriteTo(gzip);
            return new ExtractedSize(model.CalculateSize(), counter.Position);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
