using System.Formats.Tar;
using System.IO.Compression;
using Elsa.MLNet.Benchmarks.Checks;
using Elsa.MLNet.Onnx;
using Google.Protobuf;

namespace Elsa.MLNet.Benchmarks.Foundation;

/// <summary>Models that are the same message after reading, writing and reading again.</summary>
sealed class RoundTrip : ICheck
{
    const string NodeTests = "data/onnx-node-tests.tar.gz";
    const int NodeTestModels = 1802;

    public string Name => "round trip: ONNX's node tests and the shared models";

    public string Required => $"all, {NodeTestModels:#,0} node tests";

    public Reading Measure(bool full)
    {
        var (nodeTests, models) = (SharedFiles.Require(NodeTests), SharedFiles.Models());
        var (tested, lost) = (0, new List<string>());
        foreach (var (name, bytes) in NodeTestsIn(nodeTests))
        {
            tested++;
            if (!Survives(bytes)) lost.Add(name);
        }
        lost.AddRange(models.Where(path => !Survives(File.ReadAllBytes(path))).Select(path => Path.GetFileName(path)!));
        var all = tested + models.Count;
        return Reading.Of(
            $"{all - lost.Count:#,0} of {all:#,0} ({tested:#,0} node tests, {models.Count} models)"
            + (lost.Count > 0 ? $"; lost: {string.Join(", ", lost.Take(5))}" : ""),
            lost.Count == 0 && tested == NodeTestModels);
    }

    static IEnumerable<(string Name, byte[] Bytes)> NodeTestsIn(string archive)
    {
        using var file = File.OpenRead(archive);
        using var unpacked = new GZipStream(file, CompressionMode.Decompress);
        using var tar = new TarReader(unpacked);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null || !entry.Name.EndsWith(".onnx", StringComparison.Ordinal)) continue;
            var bytes = new byte[entry.Length];
            entry.DataStream.ReadExactly(bytes);
            yield return (entry.Name, bytes);
        }
    }

    static bool Survives(byte[] bytes)
    {
        try
        {
            var model = OnnxReader.Parse(bytes);
            return OnnxReader.Parse(model.ToByteArray()).Equals(model);
        }
        catch (ParentFormatException)
        {
            return false;
        }
    }
}
