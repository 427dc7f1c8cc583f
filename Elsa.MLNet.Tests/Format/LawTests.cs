using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Format;

/// <summary>What FORMAT.md says of parents that are as they should be, recomputed from the text.</summary>
[TestClass]
public sealed class LawTests
{
    [TestMethod, Rule(1, 44)]
    public void Level_0_is_the_graph_as_it_stands_and_a_level_differs_by_its_zeros_alone()
    {
        var source = SmallParents.Dense();
        var parent = SmallParents.Make("sides");
        Assert.AreEqual(source, parent.Extract(0));
        var expected = source.Clone();
        foreach (var name in new[] { "w1", "w2" })
        {
            var bytes = SmallParents.Tensor(expected, name).RawData.ToByteArray();
            for (var at = 0; at < bytes.Length / 4; at++)
                if (parent.Masks[name].Levels[at] < 2) bytes.AsSpan(4 * at, 4).Clear();
            SmallParents.Tensor(expected, name).RawData = ByteString.CopyFrom(bytes);
        }
        SmallParents.Tensor(expected, "bias").RawData = ByteString.FromBase64(SmallParents.Entry(parent.ToModel(), "elsa.side/s90/bias").Value);
        Assert.AreEqual(expected, parent.Extract(2));
    }

    [TestMethod, Rule(9, 44)]
    public void A_dropped_weight_of_integers_is_their_zero_point()
    {
        var source = SmallParents.Quantized();
        var parent = ParentModel.Parse(SmallParents.Make("uint8").ToBytes());
        Assert.AreEqual(source, parent.Extract(0));
        var expected = source.Clone();
        foreach (var name in new[] { "w1", "w2" })
            SmallParents.Tensor(expected, name).RawData = ByteString.CopyFrom([.. SmallParents.Tensor(source, name).RawData
                .Select((weight, at) => parent.Masks[name].Levels[at] < 2 ? SmallParents.ZeroPoint : weight)]);
        Assert.AreEqual(expected, parent.Extract(2));
        var entry = JsonNode.Parse(SmallParents.Entry(parent.ToModel(), "elsa.manifest").Value)!["tensors"]![0]!;
        Assert.AreEqual(SmallParents.ZeroPoint, (byte)entry["zeroPoint"]!);
    }

    [TestMethod, Rule(6)]
    public void Entries_stand_in_any_order_and_others_belong_to_the_graph()
    {
        var model = SmallParents.Make("sides").ToModel();
        var entries = model.MetadataProps.Reverse().ToList();
        model.MetadataProps.Clear();
        model.MetadataProps.Add(entries);
        Assert.AreEqual(SmallParents.Dense(), ParentModel.Parse(model.ToByteArray()).Extract(0));
        SmallParents.Entry(model, "author").Value = "another";
        Assert.AreEqual(ParentFormatError.GraphChanged, Assert.ThrowsExactly<ParentFormatException>(() => ParentModel.Parse(model.ToByteArray())).Error);
    }

    [TestMethod, Rule(7)]
    public void Tensors_of_subgraphs_have_the_way_in_front()
    {
        CollectionAssert.AreEqual(new[] { "choose/then_branch/w", "choose/else_branch/w" }, SmallParents.Make("subgraph").Masks.TensorNames.ToArray());
        var model = new ModelProto { Graph = new GraphProto() };
        var list = new AttributeProto { Name = "bodies" };
        foreach (var name in new[] { "a", "b" })
        {
            var graph = new GraphProto();
            graph.Initializer.Add(new TensorProto { Name = name });
            list.Graphs.Add(graph);
        }
        var byOutput = new NodeProto { OpType = "Op" };
        byOutput.Output.Add("out");
        byOutput.Attribute.Add(list);
        var byOperator = new NodeProto { OpType = "Op" };
        byOperator.Attribute.Add(list.Clone());
        model.Graph.Node.Add([byOutput, byOperator]);
        CollectionAssert.AreEqual(new[] { "out/bodies[0]/a", "out/bodies[1]/b", "Op/bodies[0]/a", "Op/bodies[1]/b" },
            new TensorIndex(model).All.Select(tensor => tensor.Key).ToArray());
    }

    [TestMethod, Rule(22)]
    public void Unknown_fields_survive_a_rewrite()
    {
        var model = SmallParents.Make("float32").ToModel();
        SmallParents.EditManifest(model, manifest =>
        {
            foreach (var node in new[] { manifest, manifest["levels"]![1]!, manifest["tensors"]![0]!, manifest["fit"]! })
                node["later"] = JsonNode.Parse("{\"a\":[1,null]}");
        });
        var written = JsonNode.Parse(SmallParents.Entry(ParentModel.Parse(model.ToByteArray()).ToModel(), "elsa.manifest").Value)!;
        foreach (var node in new[] { written, written["levels"]![1]!, written["tensors"]![0]!, written["fit"]! })
            Assert.AreEqual("{\"a\":[1,null]}", node["later"]!.ToJsonString());
    }

    [TestMethod, Rule(23)]
    public void A_map_keeps_what_every_denser_level_keeps()
    {
        foreach (var kind in SmallParents.Kinds)
            foreach (var name in SmallParents.Make(kind).Masks.TensorNames)
                for (var level = 1; level < 3; level++)
                    Assert.IsTrue(SmallParents.Make(kind).Masks[name].MaskAt(level).IsSubsetOf(SmallParents.Make(kind).Masks[name].MaskAt(level - 1)));
    }

    [TestMethod, Rule(26)]
    public void Keys_are_the_magnitude_as_binary32()
    {
        float[] values = [0, -0f, 1, -1.5f, float.Epsilon, float.NegativeInfinity];
        foreach (var type in new[] { DataType.Float, DataType.Float16, DataType.Bfloat16, DataType.Double })
            foreach (var value in values)
            {
                var bytes = new byte[8];
                var rounded = value;
                switch (type)
                {
                    case DataType.Float: BinaryPrimitives.WriteSingleLittleEndian(bytes, value); break;
                    case DataType.Float16: BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value); rounded = (float)(Half)value; break;
                    case DataType.Bfloat16:
                        var top = BitConverter.SingleToUInt32Bits(value) >> 16;
                        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)top);
                        rounded = BitConverter.UInt32BitsToSingle(top << 16);
                        break;
                    default: BinaryPrimitives.WriteDoubleLittleEndian(bytes, value); break;
                }
                var key = new uint[1];
                MagnitudeKey.Fill(bytes.AsSpan(0, ElementTypes.ByteSize((int)type)), (int)type, key);
                Assert.AreEqual(BitConverter.SingleToUInt32Bits(Math.Abs(rounded)), key[0], $"{type} {value}");
            }
        var keys = new uint[3];
        MagnitudeKey.Fill([90, 100, 255], (int)DataType.Uint8, keys, zeroPoint: 100);
        CollectionAssert.AreEqual(new[] { 10f, 0, 155 }.Select(BitConverter.SingleToUInt32Bits).ToArray(), keys);
        MagnitudeKey.Fill([0x80, 0xFF, 0x7F], (int)DataType.Int8, keys, zeroPoint: -1);
        CollectionAssert.AreEqual(new[] { 127f, 0, 128 }.Select(BitConverter.SingleToUInt32Bits).ToArray(), keys);
        var between = new uint[1];
        MagnitudeKey.Fill(BitConverter.GetBytes(1 + Math.Pow(2, -24)), (int)DataType.Double, between);
        Assert.AreEqual(0x3F800000u, between[0], "half way rounds to even");
    }

    [TestMethod, Rule(27, 28, 31, 32, 33, 34, 35)]
    public void A_decoder_written_from_the_text_reads_every_map()
    {
        var random = new Random(3);
        for (var round = 0; round < 60; round++)
        {
            var levelCount = 1 + random.Next(round % 10 == 0 ? 64 : 6);
            var weights = Enumerable.Range(0, 1 + random.Next(6000)).Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(2, random.Next(20))).ToArray();
            var bytes = new byte[4 * weights.Length];
            Buffer.BlockCopy(weights, 0, bytes, 0, bytes.Length);
            var textKeys = weights.Select(weight => BitConverter.SingleToUInt32Bits(weight) & 0x7FFFFFFF).ToArray();
            var levels = weights.Select(weight => (byte)(round % 2 == 0 ? random.Next(levelCount)
                : Math.Clamp((int)MathF.Log2(MathF.Abs(weight) + 1) + random.Next(2), 0, levelCount - 1))).ToArray();
            var map = new LevelMap([weights.Length], levels, levelCount);
            var keys = new WeightKeys(bytes, (int)DataType.Float);
            var coded = LevelMapCodec.EncodeEntropy(map, keys);
            Assert.AreEqual(1, coded[0]);
            CollectionAssert.AreEqual(levels.Select(level => (int)level).ToArray(), TextbookDecoder.Entropy(coded[1..], textKeys, levelCount));

            var cuts = Enumerable.Range(1, levelCount - 1).Select(level => textKeys.Order().ElementAt(textKeys.Length * level / levelCount)).ToArray();
            var byMagnitude = textKeys.Select(key => (byte)cuts.Count(cut => key >= cut)).ToArray();
            var thresholds = LevelMapCodec.Encode(new LevelMap([weights.Length], byMagnitude, levelCount), keys);
            Assert.AreEqual(0, thresholds[0]);
            Assert.HasCount(1 + 12 * (levelCount - 1), thresholds);
            CollectionAssert.AreEqual(byMagnitude.Select(level => (int)level).ToArray(), TextbookDecoder.Thresholds(thresholds[1..], textKeys));
        }
    }

    [TestMethod, Rule(29)]
    public void Thresholds_lie_in_bounds_and_nest()
    {
        var keys = new WeightKeys(new byte[16], (int)DataType.Float);
        foreach (var (first, second) in new[] { ((5u, 1L), (4u, 1L)), ((5u, 1L), (5u, 2L)), ((0x80000000u, 0L), (0x80000000u, 0L)), ((5u, -1L), (6u, 0L)), ((5u, 5L), (6u, 0L)) })
            Assert.ThrowsExactly<InvalidDataException>(() => LevelMapCodec.Decode(Payload(first, second), keys, [4], 4, 3), $"{first} {second}");
        LevelMapCodec.Decode(Payload((5, 4), (5, 4)), keys, [4], 4, 3);
    }

    [TestMethod, Rule(30)]
    public void A_writer_takes_thresholds_with_the_least_key_and_the_last_tie()
    {
        var bytes = new byte[16];
        for (var index = 0; index < 4; index++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * index), index == 3 ? 2 : 1);
        var coded = LevelMapCodec.Encode(new LevelMap([4], [1, 1, 0, 1], 3), new WeightKeys(bytes, (int)DataType.Float));
        CollectionAssert.AreEqual(Payload((0x3F800000, 2), (0x7FFFFFFF, 0)), coded);
        Assert.AreEqual(1, LevelMapCodec.Encode(new LevelMap([4], [0, 1, 1, 1], 3), new WeightKeys(bytes, (int)DataType.Float))[0], "a later tie is kept, an earlier is not");
    }

    [TestMethod, Rule(2, 37, 38, 39, 40, 42)]
    public void Hashes_are_those_of_the_text()
    {
        var parent = SmallParents.Make("entropy16");
        var model = parent.ToModel();
        var text = SmallParents.Entry(model, "elsa.manifest").Value;
        var manifest = JsonNode.Parse(text)!;
        Assert.AreEqual(Sha(Encoding.UTF8.GetBytes(text)), SmallParents.Entry(model, "elsa.digest").Value);
        foreach (var tensor in manifest["tensors"]!.AsArray())
        {
            Assert.AreEqual(Sha(SmallParents.Tensor(model, (string)tensor!["name"]!).RawData.ToByteArray()), (string?)tensor["weightsSha256"]);
            Assert.AreEqual(Sha(Convert.FromBase64String(SmallParents.Entry(model, $"elsa.mask/{tensor["name"]}").Value)), (string?)tensor["mapSha256"]);
        }
        foreach (var level in manifest["levels"]!.AsArray())
        {
            var extracted = parent.Extract((int)level!["index"]!);
            var side = SmallParents.Tensor(extracted, "bias").RawData.ToByteArray();
            Assert.AreEqual(Sha(side), (string?)level["sideSha256"]);
            Assert.AreEqual(Sha([.. SmallParents.Tensor(extracted, "w1").RawData, .. SmallParents.Tensor(extracted, "w2").RawData, .. side]), (string?)level["sha256"]);
        }
        Assert.AreEqual(Sha(SmallParents.Dense(DataType.Float16).ToByteArray()), (string?)manifest["sourceSha256"]);
    }

    [TestMethod, Rule(41, 43)]
    public void The_graph_hash_is_that_of_the_skeleton_and_the_rest_however_it_is_stored()
    {
        var parent = SmallParents.Make("float32");
        var skeleton = SmallParents.Dense();
        foreach (var tensor in skeleton.Graph.Initializer)
        {
            tensor.ClearRawData();
            tensor.Int64Data.Clear();
        }
        byte[] rest = [.. SmallParents.Tensor(SmallParents.Dense(), "bias").RawData, 1, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0];
        Assert.AreEqual(Sha([.. skeleton.ToByteArray(), .. rest]), parent.GraphSha256);

        var model = parent.ToModel();
        TensorBytes.SetRaw(SmallParents.Tensor(model, "shape"), rest.AsMemory(40));
        Assert.AreEqual(parent.GraphSha256, ParentModel.Parse(model.ToByteArray()).GraphSha256);
    }

    [TestMethod, Rule(45, 46), Provokes(ParentFormatError.ManifestChanged), Provokes(ParentFormatError.MaskChanged)]
    public void Reading_stops_at_the_first_fault_and_verifying_tells_all()
    {
        var model = SmallParents.Make("float32").ToModel();
        SmallParents.EditManifest(model, manifest => manifest["levels"]![1]!["sha256"] = "0");
        var bytes = model.ToByteArray();
        Assert.HasCount(3, ParentModel.Parse(bytes).Levels, "reading leaves the hashes of levels alone");
        Assert.AreEqual(ParentFormatError.ManifestChanged, ParentVerification.OfParent(bytes).Findings.Single().Error);

        SmallParents.Tensor(model, "w1").RawData = ByteString.CopyFrom(new byte[480]);
        model.Graph.Name = "other";
        bytes = model.ToByteArray();
        Assert.AreEqual(ParentFormatError.WeightsChanged, Assert.ThrowsExactly<ParentFormatException>(() => ParentModel.Parse(bytes)).Error);
        CollectionAssert.AreEqual(new[] { ParentFormatError.WeightsChanged, ParentFormatError.GraphChanged },
            ParentVerification.OfParent(bytes).Findings.Select(finding => finding.Error).ToArray());
    }

    [TestMethod, Rule(47)]
    public void Every_cut_of_a_parent_is_refused()
    {
        var bytes = SmallParents.Make("sides").ToBytes();
        for (var length = 0; length < bytes.Length; length++)
            Assert.ThrowsExactly<ParentFormatException>(() => ParentModel.Parse(bytes.AsMemory(0, length)));
    }

    [TestMethod, Rule(48)]
    public void The_same_gives_the_same_bytes_and_reading_and_writing_changes_none()
    {
        foreach (var kind in SmallParents.Kinds)
        {
            var bytes = SmallParents.Make(kind).ToBytes();
            CollectionAssert.AreEqual(bytes, SmallParents.Make(kind).ToBytes(), kind);
            CollectionAssert.AreEqual(bytes, ParentModel.Parse(bytes).ToBytes(), kind);
        }
        CollectionAssert.AreEqual(new[] { "author", "elsa.manifest", "elsa.digest", "elsa.mask/w1", "elsa.mask/w2", "elsa.side/s50/bias", "elsa.side/s90/bias" },
            SmallParents.Make("sides").ToModel().MetadataProps.Select(entry => entry.Key).ToArray());
    }

    static byte[] Payload(params (uint Key, long Limit)[] thresholds) =>
        [0, .. thresholds.SelectMany(threshold => (byte[])[.. BitConverter.GetBytes(threshold.Key), .. BitConverter.GetBytes(threshold.Limit)])];

    static string Sha(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
