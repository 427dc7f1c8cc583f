using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training;

/// <summary>
/// One file per finished level with all that training has made until then, as an ONNX graph without nodes. A file is
/// written completely or not at all, so a process that is killed loses at most the level at work.
/// </summary>
/// <param name="directory">Where the files lie; null for none.</param>
/// <param name="fingerprint">Names everything on which the result depends; files of another fit are refused.</param>
/// <param name="levelNames">Names of the levels, dense first.</param>
internal sealed class Checkpoints(string? directory, string fingerprint, IReadOnlyList<string> levelNames)
{
    private const string Fingerprint = "elsa.checkpoint.fingerprint", Digest = "elsa.checkpoint.digest", Weights = "weights", LevelMap = "levels";

    /// <summary>The file of a level; null if none are kept.</summary>
    public string? PathOf(int level) => directory is null ? null
        : Path.Combine(directory, levelNames[level] + ".elsa-checkpoint.onnx");

    /// <summary>Tries the folder, so that training does not find out after hours that nothing can be kept.</summary>
    /// <exception cref="IOException">No file can be written to the folder.</exception>
    public void CheckFolder()
    {
        if (directory is null) return;
        var probe = Path.Combine(directory, $".elsa-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(directory);
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new IOException($"No checkpoint can be written to the CheckpointDirectory '{directory}': {refusal.Message.TrimEnd('.')}. " +
                "Give a folder that can be written to, or null for no checkpoints.", refusal);
        }
    }

    /// <summary>Writes what training has made up to a level.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(TrainedNetwork network, int level)
    {
        if (PathOf(level) is not { } path) return;
        Directory.CreateDirectory(directory!);
        var graph = new GraphProto { Name = "elsa checkpoint " + levelNames[level] };
        Add(graph, Weights, DataType.Float, MemoryMarshal.AsBytes(network.Weights.AsSpan()));
        Add(graph, LevelMap, DataType.Uint8, network.LevelMap);
        for (var index = 0; index < levelNames.Count; index++)
        {
            Add(graph, Sides(index), DataType.Float, MemoryMarshal.AsBytes(network.Sides[index].AsSpan()));
            Add(graph, Statistics(index), DataType.Float, MemoryMarshal.AsBytes(network.Statistics[index].AsSpan()));
        }
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.MetadataProps.Add(new StringStringEntryProto { Key = Fingerprint, Value = fingerprint });
        model.MetadataProps.Add(new StringStringEntryProto { Key = Digest, Value = DigestOf(graph) });
        AtomicFile.Write(path, overwrite: true, model.WriteTo);
    }

    /// <summary>Reads the checkpoint of the level that was finished last.</summary>
    /// <param name="network">Receives what training had made.</param>
    /// <returns>The level; null if there is no checkpoint.</returns>
    /// <exception cref="ArgumentException">The checkpoint is of another fit, or damaged.</exception>
    public int? Load(TrainedNetwork network)
    {
        for (var level = 0; level < levelNames.Count; level++)
            if (PathOf(level) is { } path && File.Exists(path))
            {
                Read(path, network);
                return level;
            }
        return null;
    }

    private void Read(string path, TrainedNetwork network)
    {
        try
        {
            var model = OnnxReader.Read(path);
            if (Entry(model, Digest) != DigestOf(model.Graph))
                throw new InvalidDataException("its content does not have the digest it was written with");
            if (Entry(model, Fingerprint) != fingerprint)
                throw new ArgumentException($"The checkpoint '{path}' is of another fit: data, model, options, seed and version must be the same " +
                    "to go on from it. Give another CheckpointDirectory, or delete its files.");
            var tensors = model.Graph.Initializer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            Copy(Weights, MemoryMarshal.AsBytes(network.Weights.AsSpan()));
            Copy(LevelMap, network.LevelMap);
            for (var index = 0; index < levelNames.Count; index++)
            {
                Copy(Sides(index), MemoryMarshal.AsBytes((network.Sides[index] = new float[network.Sides[index].Length]).AsSpan()));
                Copy(Statistics(index), MemoryMarshal.AsBytes((network.Statistics[index] = new float[network.Statistics[index].Length]).AsSpan()));
            }
            if (network.LevelMap.Any(level => level >= levelNames.Count))
                throw new InvalidDataException("a weight is of a level that is not there");

            void Copy(string name, Span<byte> into)
            {
                var bytes = TensorBytes.Read(tensors[name], null).Span;
                if (bytes.Length != into.Length)
                    throw new InvalidDataException($"'{name}' has {bytes.Length} bytes instead of {into.Length}");
                bytes.CopyTo(into);
            }
        }
        catch (Exception damage) when (damage is ParentFormatException or InvalidDataException or KeyNotFoundException)
        {
            throw new ArgumentException($"The checkpoint '{path}' is damaged: {damage.Message.TrimEnd('.')}. Delete it; fitting then goes on " +
                "behind the level before.", damage);
        }
    }

    private static string? Entry(ModelProto model, string key) =>
        model.MetadataProps.FirstOrDefault(entry => entry.Key == key)?.Value;

    private static string DigestOf(GraphProto graph) => ContentHash.Of(graph.ToByteArray());

    private static string Sides(int level) => $"sides/{level}";

    private static string Statistics(int level) => $"statistics/{level}";

    private static void Add(GraphProto graph, string name, DataType type, ReadOnlySpan<byte> bytes)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.Add(bytes.Length / ElementTypes.ByteSize((int)type));
        graph.Initializer.Add(tensor);
    }
}
