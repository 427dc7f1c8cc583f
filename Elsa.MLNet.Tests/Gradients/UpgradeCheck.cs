using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Scoring;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Onnx;

namespace Elsa.MLNet.Tests.Gradients;

/// <summary>Whether ONNX Runtime computes the same from a model of an old opset and from its upgrade.</summary>
static class UpgradeCheck
{
    /// <summary>Asserts it, for the given inputs.</summary>
    public static void SameOutputs(ModelProto model, IReadOnlyDictionary<string, TensorProto> inputs, string what)
    {
        var expected = Outputs(model, inputs);
        var upgraded = Upgraded(model);
        Same(expected, Outputs(upgraded, inputs), what);
    }

    public static ModelProto Upgraded(ModelProto model)
    {
        var upgraded = model.Clone();
        OpsetUpgrade.Apply(upgraded);
        Assert.AreEqual(18, upgraded.OpsetImport.Single(opset => opset.Domain is "" or "ai.onnx").Version);
        return upgraded;
    }

    /// <summary>Element type, dimensions and bytes of every output, computed node by node as the graph says.</summary>
    public static List<(TensorElementType Type, string Dimensions, byte[] Bytes)> Outputs(ModelProto model, IReadOnlyDictionary<string, TensorProto> inputs)
    {
        using var session = SessionOpening.Open(model, new ElsaExecutionOptions { IntraOpNumThreads = 1 }, GraphOptimizationLevel.ORT_DISABLE_ALL);
        var values = inputs.ToDictionary(input => input.Key, input => Value(input.Value));
        using var options = new RunOptions();
        using var results = session.Run(options, values, session.OutputNames);
        foreach (var value in values.Values) value.Dispose();
        return [.. results.Select(result =>
        {
            var info = result.GetTensorTypeAndShape();
            return (info.ElementDataType, string.Join(',', info.Shape), result.GetTensorMutableRawData().ToArray());
        })];
    }

    public static void Same(List<(TensorElementType Type, string Dimensions, byte[] Bytes)> expected,
        List<(TensorElementType Type, string Dimensions, byte[] Bytes)> found, string what)
    {
        Assert.HasCount(expected.Count, found, what);
        foreach (var ((type, dimensions, bytes), other) in expected.Zip(found))
        {
            Assert.AreEqual((type, dimensions), (other.Type, other.Dimensions), what);
            if (bytes.AsSpan().SequenceEqual(other.Bytes)) continue;
            Assert.AreEqual(TensorElementType.Float, type, $"{what}: other bits, of a type that must agree in all.");
            foreach (var (before, after) in MemoryMarshal.Cast<byte, float>(bytes).ToArray().Zip(MemoryMarshal.Cast<byte, float>(other.Bytes).ToArray()))
                Assert.IsTrue(before.Equals(after) || Math.Abs(before - after) <= 1e-6 * Math.Abs(before), $"{what}: {before} became {after}.");
        }
    }

    public static OrtValue Value(TensorProto tensor)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)tensor.DataType, [.. tensor.Dims]);
        TensorBytes.Read(tensor, null).Span.CopyTo(value.GetTensorMutableRawData());
        return value;
    }
}
