using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class RoundTripTests
{
    [TestMethod]
    public void All_operator_tests_of_ONNX_survive_writing_and_keep_their_size()
    {
        var count = 0;
        foreach (var (name, bytes) in OnnxFiles.OperatorTests())
        {
            var model = ModelProto.Parser.ParseFrom(bytes);
            var written = model.ToByteArray();
            Assert.AreEqual(model, ModelProto.Parser.ParseFrom(written), name);
            Assert.HasCount(bytes.Length, written, name);
            count++;
        }
        Assert.AreEqual(1802, count);
    }

    [TestMethod]
    public void Real_networks_survive_a_file()
    {
        using var folder = new Datasets.TemporaryFolder();
        var networks = OnnxFiles.Networks();
        Assert.IsGreaterThanOrEqualTo(10, networks.Count);
        foreach (var network in networks)
        {
            var model = ModelProto.Parser.ParseFromFile(network);
            var copy = Path.Combine(folder.Root, Path.GetFileName(network));
            model.WriteToFile(copy);
            Assert.AreEqual(model, ModelProto.Parser.ParseFromFile(copy), network);
            Assert.AreEqual(new FileInfo(network).Length, new FileInfo(copy).Length, network);
        }
        Assert.HasCount(networks.Count, Directory.GetFiles(folder.Root), "no partly written sibling is left");
    }

    [TestMethod]
    public void Fields_from_the_future_survive_in_model_graph_node_and_tensor()
    {
        // Field 999 of type string, as a later version of ONNX might have.
        byte[] unknown = [0xBA, 0x3E, 3, (byte)'n', (byte)'e', (byte)'w'];
        var tensor = TensorProto.Parser.ParseFrom([.. new TensorProto { Name = "w", DataType = 1 }.ToByteArray(), .. unknown]);
        var node = NodeProto.Parser.ParseFrom([.. new NodeProto { OpType = "Relu" }.ToByteArray(), .. unknown]);
        var graph = GraphProto.Parser.ParseFrom(
            [.. new GraphProto { Initializer = { tensor }, Node = { node } }.ToByteArray(), .. unknown]);
        byte[] bytes = [.. new ModelProto { IrVersion = 8, Graph = graph }.ToByteArray(), .. unknown];

        var read = ModelProto.Parser.ParseFrom(bytes);

        CollectionAssert.AreEqual(bytes, read.ToByteArray());
        CollectionAssert.AreEqual(bytes, read.Clone().ToByteArray());
        Assert.AreEqual(4, Occurrences(bytes, unknown));
    }

    [TestMethod]
    public void Empty_raw_data_and_no_raw_data_stay_different()
    {
        var none = new TensorProto { DataType = (int)DataType.Float, Dims = { 0 } };
        var empty = none.Clone();
        empty.RawData = ByteString.Empty;
        var typed = new TensorProto { DataType = (int)DataType.Float, Dims = { 2 }, FloatData = { 1, 2 } };

        Assert.IsFalse(Again(none).HasRawData);
        Assert.IsTrue(Again(empty).HasRawData);
        Assert.IsFalse(Again(typed).HasRawData);
        Assert.HasCount(2, Again(typed).FloatData);
    }

    [TestMethod]
    public void A_scalar_written_as_zero_stays_written()
    {
        var written = new AttributeProto { Name = "axis", I = 0 };
        Assert.IsTrue(AttributeProto.Parser.ParseFrom(written.ToByteArray()).HasI);
        Assert.IsFalse(AttributeProto.Parser.ParseFrom(new AttributeProto { Name = "axis" }.ToByteArray()).HasI);
    }

    static TensorProto Again(TensorProto tensor) => TensorProto.Parser.ParseFrom(tensor.ToByteArray());

    static int Occurrences(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> part)
    {
        var count = 0;
        for (var start = 0; start + part.Length <= bytes.Length; start++)
            if (bytes[start..].StartsWith(part)) count++;
        return count;
    }
}
