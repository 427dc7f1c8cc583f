using System.Runtime.InteropServices;
using Elsa.MLNet.Onnx;
using Elsa.MLNet.Tests.Datasets;
using Elsa.MLNet.Tests.Scoring;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class TensorBytesTests
{
    [TestMethod]
    [DataRow(DataType.Float)]
    [DataRow(DataType.Double)]
    [DataRow(DataType.Float16)]
    [DataRow(DataType.Bfloat16)]
    public void A_weight_in_a_typed_list_gives_the_bytes_and_the_hashes_of_raw_data(DataType type)
    {
        var raw = ModelWith(Bytes(type), type);
        var typed = raw.Clone();
        MakeTyped(typed.Graph.Initializer[0]);
        Assert.IsFalse(typed.Graph.Initializer[0].HasRawData);

        var (fromRaw, fromTyped) = (MaskableModel.From(raw), MaskableModel.From(typed));

        Assert.IsTrue(fromRaw.Weights("w").Span.SequenceEqual(fromTyped.Weights("w").Span));
        Assert.IsTrue(fromTyped.Model.Graph.Initializer[0].HasRawData);
        var levels = new[] { fromRaw, fromTyped }.Select(model => ParentModel.Create(model, Parents.Halves(model)).Levels[1].Sha256).ToArray();
        Assert.AreEqual(levels[0], levels[1]);
    }

    [TestMethod]
    public void Data_that_does_not_fit_the_shape_is_refused() => Refusal.Of<InvalidDataException>(
        () => MaskableModel.From(ModelWith(new byte[20], DataType.Float)).Weights("w"),
        "Tensor 'w' of shape [4,3] and type float32 needs 48 bytes of data, but holds 20.");

    [TestMethod]
    public void A_negative_dimension_is_refused() => Refusal.Of<InvalidDataException>(
        () => TensorBytes.ElementCount(new TensorProto { Name = "w", Dims = { 2, -1 } }), "Tensor 'w' has the shape [2,-1]");

    [TestMethod]
    public void Elements_smaller_than_a_byte_are_refused() => Refusal.Of<InvalidDataException>(
        () => TensorBytes.ByteCount(new TensorProto { Name = "w", DataType = (int)DataType.Int4, Dims = { 2 } }),
        "Tensor 'w' has the element type int4, whose bytes cannot be addressed.");

    static byte[] Bytes(DataType type) => type switch
    {
        // Small bit patterns of any kind, without NaN.
        DataType.Bfloat16 => [.. Enumerable.Range(0, 12).SelectMany(i => BitConverter.GetBytes((ushort)(0x3F00 + i * 0x111)))],
        _ => TestModels.Random("w", type, 3, 4, 3).RawData.ToByteArray(),
    };

    static void MakeTyped(TensorProto tensor)
    {
        var bytes = tensor.RawData.Span;
        switch ((DataType)tensor.DataType)
        {
            case DataType.Float: tensor.FloatData.Add(MemoryMarshal.Cast<byte, float>(bytes).ToArray()); break;
            case DataType.Double: tensor.DoubleData.Add(MemoryMarshal.Cast<byte, double>(bytes).ToArray()); break;
            default: tensor.Int32Data.Add(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(bits => (int)bits)); break;
        }
        tensor.ClearRawData();
    }

    static ModelProto ModelWith(byte[] weights, DataType type) => TestModels.Model(
        [("x", [1, 4])], [("y", [1, 3])], type, [TestModels.Node("MatMul", ["x", "w"], "y")],
        [new TensorProto { Name = "w", DataType = (int)type, Dims = { 4, 3 }, RawData = Google.Protobuf.ByteString.CopyFrom(weights) }]);
}
