using System.Formats.Tar;
using System.IO.Compression;

namespace Elsa.MLNet.Tests.Graph;

/// <summary>The public ONNX files that tests read.</summary>
static class OnnxFiles
{
    /// <summary>Every network in ../shared/models, in order of name.</summary>
    public static IReadOnlyList<string> Networks() =>
        [.. Directory.GetFiles(Shared.Require("models"), "*.onnx").Order(StringComparer.Ordinal)];

    /// <summary>Every model of ONNX's own operator tests, read out of the archive one by one.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> OperatorTests()
    {
        using var archive = new GZipStream(File.OpenRead(Shared.Require("data/onnx-node-tests.tar.gz")), CompressionMode.Decompress);
        using var tar = new TarReader(archive);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null || !entry.Name.EndsWith("/model.onnx", StringComparison.Ordinal)) continue;
            using var bytes = new MemoryStream();
            entry.DataStream.CopyTo(bytes);
            yield return (entry.Name, bytes.ToArray());
        }
    }
}
