using System.Formats.Tar;
using System.IO.Compression;
using Onnx;

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

    /// <summary>ONNX's own operator tests with the inputs they come with; those whose inputs are not all tensors are left
    /// out.</summary>
    public static IEnumerable<(string Name, ModelProto Model, Dictionary<string, TensorProto> Inputs)> OperatorTestsWithInputs()
    {
        using var archive = new GZipStream(File.OpenRead(Shared.Require("data/onnx-node-tests.tar.gz")), CompressionMode.Decompress);
        using var tar = new TarReader(archive);
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null) continue;
            using var bytes = new MemoryStream();
            entry.DataStream.CopyTo(bytes);
            files.Add(entry.Name, bytes.ToArray());
        }
        foreach (var (path, bytes) in files.Where(file => file.Key.EndsWith("/model.onnx", StringComparison.Ordinal)))
        {
            var model = ModelProto.Parser.ParseFrom(bytes);
            var folder = path[..^"model.onnx".Length];
            if (model.Graph.Input.Any(input => input.Type?.TensorType is null)) continue;
            yield return (folder, model, model.Graph.Input
                .Select((input, index) => (input.Name, Bytes: files.GetValueOrDefault($"{folder}test_data_set_0/input_{index}.pb")))
                .Where(input => input.Bytes is not null)
                .ToDictionary(input => input.Name, input => TensorProto.Parser.ParseFrom(input.Bytes)));
        }
    }
}
