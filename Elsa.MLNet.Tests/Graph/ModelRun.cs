using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Onnx;

namespace Elsa.MLNet.Tests.Graph;

/// <summary>The outputs of a model in ONNX Runtime for inputs drawn with a seed: what two models that compute the same
/// agree on.</summary>
static class ModelRun
{
    /// <summary>Bytes of every output, in order. Free dimensions are 1.</summary>
    public static List<byte[]> Of(ModelProto model) => Of(model.ToByteArray(), null);

    /// <summary>As <see cref="Of(ModelProto)"/>, node by node as the graph says: ONNX Runtime fuses nothing, which would
    /// round differently.</summary>
    public static List<byte[]> AsWritten(ModelProto model) =>
        Of(model.ToByteArray(), null, GraphOptimizationLevel.ORT_DISABLE_ALL);

    /// <inheritdoc cref="Of(ModelProto)"/>
    public static List<byte[]> Of(string path) => Of(null, path);

    static List<byte[]> Of(byte[]? bytes, string? path,
        GraphOptimizationLevel optimization = GraphOptimizationLevel.ORT_ENABLE_ALL)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = optimization,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        using var session = path is null ? new InferenceSession(bytes, options) : new InferenceSession(path, options);
        var random = new Random(17);
        var inputs = session.InputMetadata.ToDictionary(input => input.Key, input => Draw(input.Value, random));
        try
        {
            using var run = new RunOptions();
            using var outputs = session.Run(run, inputs, session.OutputNames);
            return [.. outputs.Select(output => output.GetTensorDataAsSpan<byte>().ToArray())];
        }
        finally
        {
            foreach (var input in inputs.Values) input.Dispose();
        }
    }

    /// <summary>The outputs as single precision.</summary>
    public static List<float[]> Floats(ModelProto model) => [.. Of(model).Select(bytes => MemoryMarshal.Cast<byte, float>(bytes).ToArray())];

    static OrtValue Draw(NodeMetadata input, Random random)
    {
        var shape = input.Dimensions.Select(dimension => Math.Max(dimension, 1L)).ToArray();
        var count = (int)shape.Aggregate(1L, (product, dimension) => product * dimension);
        return input.ElementDataType switch
        {
            TensorElementType.Float => Value(() => random.NextSingle()),
            TensorElementType.Float16 => Value(() => new Float16(BitConverter.HalfToUInt16Bits((Half)random.NextSingle()))),
            TensorElementType.Double => Value(random.NextDouble),
            TensorElementType.Int64 => Value(() => random.NextInt64(4)),
            TensorElementType.Int32 => Value(() => random.Next(4)),
            TensorElementType.Bool => Value(() => random.Next(2) == 1),
            var type => throw new NotSupportedException($"No random values of type {type} are drawn."),
        };

        OrtValue Value<T>(Func<T> draw) where T : unmanaged =>
            OrtValue.CreateTensorValueFromMemory(Enumerable.Range(0, count).Select(_ => draw()).ToArray(), shape);
    }
}
