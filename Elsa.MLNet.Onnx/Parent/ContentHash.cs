using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>The SHA-256 hashes of a parent, in lower-case hex (FORMAT.md, "Hashes").</summary>
internal static class ContentHash
{
    const int ChunkWeights = 1 << 15;

    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static string Of(Stream stream) => Convert.ToHexStringLower(SHA256.HashData(stream));

    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Hash of everything but weights and side parameters: the model serialized in field order, without our metadata and
    /// without the data of its initializers, then the data of each initializer that is neither masked nor a side parameter.
    /// How the data is stored (raw, typed list, external file) does not matter.
    /// </summary>
    public static string OfGraph(ModelProto model, string? directory, IReadOnlySet<string> varying)
    {
        var skeleton = model.Clone();
        ParentEntries.Remove(skeleton);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, tensor) in new TensorIndex(skeleton).All)
            if (ElementTypes.ByteSize(tensor.DataType) > 0) TensorBytes.ClearData(tensor);
        hash.AppendData(skeleton.ToByteArray());
        foreach (var (name, tensor) in new TensorIndex(model).All)
            if (!varying.Contains(name) && ElementTypes.ByteSize(tensor.DataType) > 0)
                TensorBytes.AppendTo(hash, tensor, directory);
        return Hex(hash);
    }

    /// <summary>
    /// Hash of a level: the masked weights of every tensor in manifest order, then its side parameters in manifest order.
    /// </summary>
    public static string OfLevel(int level, IEnumerable<(ReadOnlyMemory<byte> Weights, LevelMap Map, byte Zero)> tensors,
        IEnumerable<ReadOnlyMemory<byte>> sideParameters)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ChunkWeights * sizeof(double)];
        foreach (var (weights, map, zero) in tensors)
        {
            if (map.Length == 0) continue;
            var size = weights.Length / (int)map.Length;
            for (var start = 0; start < map.Length; start += ChunkWeights)
            {
                var count = (int)Math.Min(ChunkWeights, map.Length - start);
                var masked = buffer.AsSpan(0, count * size);
                WeightMasking.Apply(weights.Span.Slice(start * size, count * size), map.Levels.Slice(start, count), level, size, masked, zero);
                hash.AppendData(masked);
            }
        }
        foreach (var parameter in sideParameters) hash.AppendData(parameter.Span);
        return Hex(hash);
    }

    /// <summary>Hash of several values one behind the other.</summary>
    public static string OfAll(IEnumerable<ReadOnlyMemory<byte>> values)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var value in values) hash.AppendData(value.Span);
        return Hex(hash);
    }

    static string Hex(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());
}
