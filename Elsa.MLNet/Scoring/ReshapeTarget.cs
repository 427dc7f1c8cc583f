using System.Buffers.Binary;
using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Scoring;

/// <summary>The constant shape that a Reshape node is given, in an initializer or a Constant node.</summary>
internal static class ReshapeTarget
{
    // From IR version 4 on, initializers need not be listed among the graph's inputs.
    private const long InitializersAreNoInputs = 4;

    /// <summary>The dimensions, or null if the value is computed.</summary>
    public static IReadOnlyList<long>? Find(GraphProto graph, string name)
    {
        var constant = graph.Node.FirstOrDefault(n => n.OpType == "Constant" && n.Output[0] == name);
        if (constant?.Attribute.FirstOrDefault(a => a.Name == "value_ints") is { } list)
            return list.Ints;
        var tensor = graph.Initializer.FirstOrDefault(i => i.Name == name)
            ?? constant?.Attribute.FirstOrDefault(a => a.Name == "value")?.T;
        if (tensor is null || tensor.DataType != (int)TensorProto.Types.DataType.Int64)
            return null;
        if (tensor.Int64Data.Count > 0 || tensor.RawData.IsEmpty)
            return tensor.Int64Data;
        var dimensions = new long[tensor.RawData.Length / sizeof(long)];
        for (int i = 0; i < dimensions.Length; i++)
            dimensions[i] = BinaryPrimitives.ReadInt64LittleEndian(tensor.RawData.Span[(i * sizeof(long))..]);
        return dimensions;
    }

    /// <summary>
    /// Gives the node a target of its own; the old one stays for others and goes when nobody else uses it.
    /// </summary>
    public static void Replace(ModelProto model, NodeProto reshape, long[] target)
    {
        var graph = model.Graph;
        string old = reshape.Input[1];
        string name = Unused(graph, old + "_free_batch");
        var bytes = new byte[target.Length * sizeof(long)];
        for (int i = 0; i < target.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), target[i]);
        graph.Initializer.Add(new TensorProto
        {
            Name = name,
            DataType = (int)TensorProto.Types.DataType.Int64,
            Dims = { target.Length },
            RawData = ByteString.CopyFrom(bytes),
        });
        if (model.IrVersion < InitializersAreNoInputs)
            graph.Input.Add(InputOf(name, target.Length));
        reshape.Input[1] = name;
        RemoveIfUnused(graph, old);
    }

    private static ValueInfoProto InputOf(string name, int length) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)TensorProto.Types.DataType.Int64,
                Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = length } } },
            },
        },
    };

    private static void RemoveIfUnused(GraphProto graph, string name)
    {
        bool hasSubgraphs = graph.Node.Any(n => n.Attribute.Any(a => a.G is not null || a.Graphs.Count > 0));
        if (hasSubgraphs || graph.Node.Any(n => n.Input.Contains(name)) || graph.Output.Any(o => o.Name == name))
            return;
        Remove(graph.Initializer, i => i.Name == name);
        Remove(graph.Input, i => i.Name == name);
        Remove(graph.Node, n => n.OpType == "Constant" && n.Output[0] == name);
    }

    private static void Remove<T>(IList<T> list, Func<T, bool> condition)
    {
        for (int i = list.Count - 1; i >= 0; i--)
        {
            if (condition(list[i]))
                list.RemoveAt(i);
        }
    }

    private static string Unused(GraphProto graph, string wanted)
    {
        var taken = graph.Initializer.Select(i => i.Name).Concat(graph.Input.Select(i => i.Name))
            .Concat(graph.Node.SelectMany(n => n.Output)).ToHashSet(StringComparer.Ordinal);
        string name = wanted;
        for (int number = 2; taken.Contains(name); number++)
            name = $"{wanted}_{number}";
        return name;
    }
}
