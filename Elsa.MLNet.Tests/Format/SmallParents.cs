using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json.Nodes;
using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;
using static Onnx.AttributeProto.Types;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Format;

/// <summary>Small parents of every kind, and the ways to edit one.</summary>
static class SmallParents
{
    public static readonly string[] Kinds = ["float32", "float16", "sides", "subgraph", "entropy32", "entropy16", "uint8"];

    /// <summary>Of the kind uint8.</summary>
    public const byte ZeroPoint = 100;

    static readonly ElsaFit Fit = new() { Method = "post-training", Importance = "magnitude", Allocation = "global", Seed = 7 };

    public static ParentModel Make(string kind)
    {
        var type = kind is "float16" or "entropy16" ? DataType.Float16 : DataType.Float;
        var model = MaskableModel.From(kind == "subgraph" ? Branches() : kind == "uint8" ? Quantized() : Dense(type));
        var masks = kind.StartsWith("entropy", StringComparison.Ordinal) ? Random(model) : Magnitude(model, 0.5, 0.9);
        var sides = new SideParameters();
        if (kind is "sides" or "entropy16")
            for (var level = 1; level < masks.LevelCount; level++)
                sides.Set(level, "bias", Enumerable.Range(0, model.Weights("bias").Length).Select(index => (byte)(index + 16 * level)).ToArray());
        return ParentModel.Create(model, new ParentContent { Masks = masks, LevelNames = ["s50", "s90"], Fit = Fit, SideParameters = sides });
    }

    /// <summary>MatMul, Add, Reshape and MatMul, with a typed list for the shape and a foreign metadata entry.</summary>
    public static ModelProto Dense(DataType type = DataType.Float)
    {
        var model = new ModelProto { IrVersion = 8, ProducerName = "test", Graph = new GraphProto { Name = "g" } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        model.MetadataProps.Add(new StringStringEntryProto { Key = "author", Value = "someone" });
        model.Graph.Input.Add(Value("x", type, 1, 12));
        model.Graph.Output.Add(Value("y", type, 1, 5));
        model.Graph.Node.Add(Node("first", "MatMul", ["x", "w1"], "h"));
        model.Graph.Node.Add(Node("add", "Add", ["h", "bias"], "b"));
        model.Graph.Node.Add(Node("shape", "Reshape", ["b", "shape"], "r"));
        model.Graph.Node.Add(Node("second", "MatMul", ["r", "w2"], "y"));
        model.Graph.Initializer.Add(Weight("w1", type, 1, 12, 10));
        model.Graph.Initializer.Add(Weight("bias", type, 2, 10));
        var shape = new TensorProto { Name = "shape", DataType = (int)DataType.Int64 };
        shape.Dims.Add(2);
        shape.Int64Data.Add([1, 10]);
        model.Graph.Initializer.Add(shape);
        model.Graph.Initializer.Add(Weight("w2", type, 3, 10, 5));
        return model;
    }

    /// <summary>The same with weights of uint8, whose zero is another number, behind DequantizeLinear.</summary>
    public static ModelProto Quantized()
    {
        var model = Dense();
        var random = new Random(6);
        foreach (var name in new[] { "w1", "w2" })
        {
            var tensor = Tensor(model, name);
            tensor.DataType = (int)DataType.Uint8;
            var bytes = new byte[tensor.RawData.Length / sizeof(float)];
            random.NextBytes(bytes);
            // None is the zero point, or would be with a bit flipped.
            tensor.RawData = ByteString.CopyFrom([.. bytes.Select(number => BitOperations.PopCount((uint)(number ^ ZeroPoint)) <= 1 ? (byte)0 : number)]);
            model.Graph.Node.Single(node => node.Input.Contains(name)).Input[1] = name + "/numbers";
            model.Graph.Node.Insert(0, Node(name + "/dequantize", "DequantizeLinear", [name, "scale", "zero"], name + "/numbers"));
        }
        model.Graph.Initializer.Add(new TensorProto { Name = "scale", DataType = (int)DataType.Float, RawData = ByteString.CopyFrom(BitConverter.GetBytes(0.01f)) });
        model.Graph.Initializer.Add(new TensorProto { Name = "zero", DataType = (int)DataType.Uint8, RawData = ByteString.CopyFrom(ZeroPoint) });
        return model;
    }

    /// <summary>If with a MatMul in each branch; both weights are named w.</summary>
    public static ModelProto Branches()
    {
        var model = new ModelProto { IrVersion = 8, Graph = new GraphProto { Name = "g" } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        model.Graph.Input.Add(Value("x", DataType.Float, 1, 6));
        model.Graph.Input.Add(Value("which", DataType.Bool));
        model.Graph.Output.Add(Value("y", DataType.Float, 1, 4));
        var choose = Node("choose", "If", ["which"], "y");
        foreach (var (branch, seed) in new[] { ("then_branch", 4), ("else_branch", 5) })
        {
            var graph = new GraphProto { Name = branch };
            graph.Node.Add(Node("multiply", "MatMul", ["x", "w"], branch + "_y"));
            graph.Initializer.Add(Weight("w", DataType.Float, seed, 6, 4));
            graph.Output.Add(Value(branch + "_y", DataType.Float, 1, 4));
            choose.Attribute.Add(new AttributeProto { Name = branch, Type = AttributeType.Graph, G = graph });
        }
        model.Graph.Node.Add(choose);
        return model;
    }

    /// <summary>The largest magnitudes over all tensors are kept; ties go to the lower position.</summary>
    public static NestedMasks Magnitude(MaskableModel model, params double[] sparsities)
    {
        var tensors = model.Report.Maskable;
        var keys = tensors.Select(tensor => Keys(model, tensor)).ToList();
        var order = Enumerable.Range(0, tensors.Count).SelectMany(tensor => Enumerable.Range(0, keys[tensor].Length).Select(at => (tensor, at)))
            .ToArray();
        var ranks = order.Select(one => (uint.MaxValue - keys[one.tensor][one.at])).ToArray();
        Array.Sort(ranks.Select((rank, at) => (rank, at)).ToArray(), order);
        var levels = keys.Select(own => new byte[own.Length]).ToList();
        foreach (var sparsity in sparsities)
            foreach (var (tensor, at) in order.Take((int)Math.Round((1 - sparsity) * order.Length))) levels[tensor][at]++;
        return new NestedMasks(tensors.Select((tensor, index) => KeyValuePair.Create(tensor.Name,
            new LevelMap([.. tensor.Shape], levels[index], sparsities.Length + 1))));
    }

    static NestedMasks Random(MaskableModel model)
    {
        var random = new Random(11);
        return new NestedMasks(model.Report.Maskable.Select(tensor => KeyValuePair.Create(tensor.Name,
            new LevelMap([.. tensor.Shape], [.. Enumerable.Range(0, (int)tensor.WeightCount).Select(_ => (byte)random.Next(3))], 3))));
    }

    static uint[] Keys(MaskableModel model, MaskableTensor tensor)
    {
        var keys = new uint[tensor.WeightCount];
        model.Tensors.TryGet(tensor.Name, out var weights);
        MagnitudeKey.Fill(model.Weights(tensor.Name).Span, weights!.DataType, keys, tensor.ZeroPoint);
        return keys;
    }

    /// <summary>The keys by which a level map of a tensor of the model is coded.</summary>
    public static WeightKeys KeysOf(ModelProto model, string name)
    {
        new TensorIndex(model).TryGet(name, out var tensor);
        return new WeightKeys(TensorBytes.Read(tensor!, null), tensor!.DataType, tensor.DataType == (int)DataType.Uint8 ? ZeroPoint : 0);
    }

    public static TensorProto Tensor(ModelProto model, string name) =>
        new TensorIndex(model).TryGet(name, out var tensor) ? tensor : throw new KeyNotFoundException(name);

    public static StringStringEntryProto Entry(ModelProto model, string key) => model.MetadataProps.Single(entry => entry.Key == key);

    /// <summary>Edits the manifest; with <paramref name="digest"/> its hash is made to fit.</summary>
    public static void EditManifest(ModelProto model, Action<JsonNode> edit, bool digest = true)
    {
        var manifest = JsonNode.Parse(Entry(model, "elsa.manifest").Value)!;
        edit(manifest);
        SetManifest(model, manifest.ToJsonString(), digest);
    }

    public static void SetManifest(ModelProto model, string text, bool digest = true)
    {
        Entry(model, "elsa.manifest").Value = text;
        if (digest) Entry(model, "elsa.digest").Value = ContentHash.Of(text);
    }

    /// <summary>A level's content, however its data is stored: every tensor as raw data.</summary>
    public static byte[] Canonical(ModelProto model)
    {
        var copy = model.Clone();
        foreach (var (_, tensor) in new TensorIndex(copy).All)
            if (ElementTypes.ByteSize(tensor.DataType) > 0) TensorBytes.SetRaw(tensor, TensorBytes.Read(tensor, null));
        return copy.ToByteArray();
    }

    public static TensorProto Weight(string name, DataType type, int seed, params long[] shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type };
        tensor.Dims.Add(shape);
        var random = new Random(seed);
        var count = (int)shape.Aggregate(1L, (product, size) => product * size);
        var bytes = new byte[count * (type == DataType.Float16 ? 2 : 4)];
        for (var index = 0; index < count; index++)
        {
            var value = (random.NextSingle() - 0.5f) * (1 + random.Next(4));
            if (type == DataType.Float16) BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(2 * index), (Half)value);
            else BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * index), value);
        }
        tensor.RawData = ByteString.CopyFrom(bytes);
        return tensor;
    }

    static NodeProto Node(string name, string type, string[] inputs, string output)
    {
        var node = new NodeProto { Name = name, OpType = type };
        node.Input.Add(inputs);
        node.Output.Add(output);
        return node;
    }

    static ValueInfoProto Value(string name, DataType type, params long[] shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var size in shape) dimensions.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = size });
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dimensions } },
        };
    }
}
