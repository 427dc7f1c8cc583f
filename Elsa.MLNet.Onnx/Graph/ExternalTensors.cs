using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Which tensors may lie in files beside a model: initializers alone, because hashes cover their bytes and writers carry
/// them along; and not so many of one file that reading them all would take much longer than reading the file.
/// </summary>
internal static class ExternalTensors
{
    const int BytesPerByte = 16;

    /// <exception cref="InvalidDataException">Another tensor has external data, or a file is missing, outside of the
    /// folder, or too short.</exception>
    /// <exception cref="ParentFormatException">The tensors claim too many bytes of the files.</exception>
    public static void Check(ModelProto model, TensorIndex tensors, string? directory)
    {
        var initializers = tensors.All.Select(tensor => tensor.Value)
            .Where(tensor => ElementTypes.ByteSize(tensor.DataType) > 0).ToList();
        if (Stray(model, initializers.ToHashSet<TensorProto>(ReferenceEqualityComparer.Instance)) is { } stray)
            throw new InvalidDataException($"Tensor '{stray.Name}' has external data; only initializers may, with a " +
                "name of their own and a type of whole bytes. Save the model with this tensor inside.");
        CheckClaims(initializers.Where(TensorBytes.IsExternal), directory);
    }

    static void CheckClaims(IEnumerable<TensorProto> tensors, string? directory)
    {
        var files = new Dictionary<string, Int128>(
            OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        Int128 claimed = 0;
        foreach (var tensor in tensors)
        {
            var data = ExternalData.Locate(tensor, directory, TensorBytes.ByteCount(tensor));
            files.TryAdd(Path.GetFullPath(data.Path), new FileInfo(data.Path).Length);
            claimed += data.Length;
        }
        var held = files.Values.Aggregate(Int128.Zero, (sum, length) => sum + length);
        if (claimed > BytesPerByte * held)
            throw new ParentFormatException(ParentFormatError.TooLarge, "external data", $"The initializers claim " +
                $"{claimed} bytes of external files that have {held}; allowed is {BytesPerByte} times as much. " +
                "The file is damaged or hostile.");
    }

    /// <summary>The first tensor with external data that is not one of those, wherever it is.</summary>
    static TensorProto? Stray(IMessage message, HashSet<TensorProto> initializers)
    {
        if (message is TensorProto tensor)
            return (TensorBytes.IsExternal(tensor) || tensor.ExternalData.Count > 0) && !initializers.Contains(tensor)
                ? tensor : null;
        var fields = message.Descriptor.Fields.InFieldNumberOrder();
        for (var index = 0; index < fields.Count; index++)
            if (fields[index].FieldType == FieldType.Message && Stray(fields[index].Accessor.GetValue(message), initializers) is { } stray)
                return stray;
        return null;
    }

    static TensorProto? Stray(object? value, HashSet<TensorProto> initializers)
    {
        if (value is IMessage message) return Stray(message, initializers);
        if (value is not IList { Count: > 0 } messages) return null;
        foreach (IMessage one in messages)
            if (Stray(one, initializers) is { } stray) return stray;
        return null;
    }
}
