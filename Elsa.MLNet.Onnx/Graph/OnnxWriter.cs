using System.Globalization;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>Writes models completely or not at all; models with external data get a file of their own beside them.</summary>
internal static class OnnxWriter
{
    const int Alignment = 64;
    const int SmallestOutside = 1024;

    /// <summary>Writes a model whose external data, if it has any, lies in <paramref name="directory"/>.</summary>
    /// <exception cref="IOException">A file exists and <paramref name="overwrite"/> is false, or cannot be written.</exception>
    public static void Write(ModelProto model, string? directory, string path, bool overwrite) =>
        Write(model, directory, path, overwrite, HasExternalData(model));

    /// <summary>As above, with the weights in a file of their own or not, wherever they lie now.</summary>
    public static void Write(ModelProto model, string? directory, string path, bool overwrite, bool dataOutside)
    {
        AtomicFile.CheckTarget(path, overwrite);
        var replaced = DataFiles.Of(path);
        var data = DataFiles.For(path);
        if (dataOutside) ThrowIfRead(model, directory, [data, .. replaced]);
        Write(model, directory, path, dataOutside ? data : null, overwrite);
        DataFiles.Delete(replaced.Except([data]));
    }

    /// <summary>Writes a model, and its data under the name that is given; null keeps the data inside.</summary>
    public static void Write(ModelProto model, string? directory, string path, string? data, bool overwrite)
    {
        if (data is null)
        {
            AtomicFile.Write(path, overwrite, model.WriteTo);
            return;
        }
        // Data first: a model file never points to data that is not there yet, nor to data of another model.
        var copy = model.Clone();
        AtomicFile.Write(data, overwrite, stream => MoveOut(copy, directory, Path.GetFileName(data), stream));
        try
        {
            AtomicFile.Write(path, overwrite, copy.WriteTo);
        }
        catch
        {
            File.Delete(data);
            throw;
        }
    }

    /// <summary>The model itself, with external data read into it.</summary>
    /// <exception cref="InvalidOperationException">It would be larger than 2 GiB.</exception>
    public static ModelProto WithExternalDataInside(ModelProto model, string? directory)
    {
        var external = new TensorIndex(model).All.Where(tensor => TensorBytes.IsExternal(tensor.Value)).Select(tensor => tensor.Value).ToList();
        if (external.Count == 0) return model;
        var size = external.Sum(TensorBytes.ByteCount) + model.CalculateSize();
        if (size > int.MaxValue - (1 << 20))
            throw new InvalidOperationException($"The model has {size} bytes; ONNX in one piece holds at most 2 GiB. " +
                "Write it to a file, whose weights then lie in external data.");
        foreach (var tensor in external) TensorBytes.SetRaw(tensor, TensorBytes.Read(tensor, directory));
        return model;
    }

    public static bool HasExternalData(ModelProto model) => new TensorIndex(model).All.Any(tensor => TensorBytes.IsExternal(tensor.Value));

    /// <summary>The model in memory still reads its weights from where they lay; other data in their place would be taken
    /// for them.</summary>
    static void ThrowIfRead(ModelProto model, string? directory, IReadOnlyList<string> dataPaths)
    {
        foreach (var (_, tensor) in new TensorIndex(model).All.Where(tensor => TensorBytes.IsExternal(tensor.Value)))
        {
            var read = Path.GetFullPath(ExternalData.Locate(tensor, directory, TensorBytes.ByteCount(tensor)).Path);
            if (dataPaths.FirstOrDefault(path => Path.GetFullPath(path) == read) is { } dataPath)
                throw new IOException($"'{dataPath}' holds the weights that are to be written, so it cannot be replaced; " +
                    "write to another name.");
        }
    }

    static void MoveOut(ModelProto model, string? directory, string location, Stream data)
    {
        foreach (var (_, tensor) in new TensorIndex(model).All)
        {
            // A small tensor stays in the model, unless it lies in a file that the copy will not have beside it.
            if (!TensorBytes.IsExternal(tensor)
                && (ElementTypes.ByteSize(tensor.DataType) == 0 || TensorBytes.ByteCount(tensor) < SmallestOutside)) continue;
            data.Write(new byte[(Alignment - data.Position % Alignment) % Alignment]);
            var offset = data.Position;
            TensorBytes.CopyTo(data, tensor, directory);
            TensorBytes.ClearData(tensor);
            tensor.DataLocation = DataLocation.External;
            Add("location", location);
            Add("offset", offset.ToString(CultureInfo.InvariantCulture));
            Add("length", (data.Position - offset).ToString(CultureInfo.InvariantCulture));

            void Add(string key, string value) => tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
        }
    }
}
