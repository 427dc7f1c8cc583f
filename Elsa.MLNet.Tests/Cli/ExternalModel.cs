using System.Globalization;
using Onnx;

namespace Elsa.MLNet.Tests.Cli;

/// <summary>Writes a model with the data of its initializers in a file beside it, as large models have it.</summary>
static class ExternalModel
{
    public static void Write(ModelProto model, string path)
    {
        var copy = model.Clone();
        using var data = File.Create(path + ".data");
        foreach (var tensor in copy.Graph.Initializer)
        {
            Add("location", Path.GetFileName(path) + ".data");
            Add("offset", data.Position.ToString(CultureInfo.InvariantCulture));
            Add("length", tensor.RawData.Length.ToString(CultureInfo.InvariantCulture));
            data.Write(tensor.RawData.Span);
            tensor.ClearRawData();
            tensor.DataLocation = TensorProto.Types.DataLocation.External;

            void Add(string key, string value) => tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
        }
        copy.WriteToFile(path);
    }
}
