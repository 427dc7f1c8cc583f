using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>The constant shape that a Reshape node is given, in an initializer or a Constant node.</summary>
internal static class ReshapeTarget
{
    /// <summary>The dimensions, or null if the value is computed.</summary>
    public static IReadOnlyList<long>? Find(GraphProto graph, string name)
    {
        var constant = graph.Node.FirstOrDefault(node => node.OpType == "Constant" && node.Output[0] == name);
        if (constant?.Attribute.FirstOrDefault(attribute => attribute.Name == "value_ints") is { } list) return list.Ints;
        var tensor = graph.Initializer.FirstOrDefault(initializer => initializer.Name == name)
            ?? constant?.Attribute.FirstOrDefault(attribute => attribute.Name == "value")?.T;
        return tensor is null || tensor.DataType != (int)TensorProto.Types.DataType.Int64 || TensorBytes.IsExternal(tensor) ? null
            : MemoryMarshal.Cast<byte, long>(TensorBytes.Read(tensor, null).Span).ToArray();
    }

    /// <summary>
    /// Gives the node a target of its own; the old one stays for others and goes when nobody else uses it.
    /// </summary>
    public static void Replace(GraphProto graph, NodeProto reshape, long[] target, string suffix, bool listInitializer)
    {
        var old = reshape.Input[1];
        var name = Unused(graph, old + suffix);
        graph.Initializer.Add(new TensorProto
        {
            Name = name,
            DataType = (int)TensorProto.Types.DataType.Int64,
            Dims = { target.Length },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(target)),
        });
        if (listInitializer) graph.Input.Add(InputOf(name, target.Length));
        reshape.Input[1] = name;
        RemoveIfUnused(graph, old);
    }

    static ValueInfoProto InputOf(string name, int length) => new()
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

    static void RemoveIfUnused(GraphProto graph, string name)
    {
        var scopes = GraphScope.All(graph);
        if (scopes.Any(scope => scope.Graph.Node.Any(node => node.Input.Contains(name))
            || scope.Graph.Output.Any(output => output.Name == name)))
            return;
        Remove(graph.Initializer, initializer => initializer.Name == name);
        Remove(graph.Input, input => input.Name == name);
        Remove(graph.Node, node => node.OpType == "Constant" && node.Output[0] == name);
    }

    static void Remove<T>(IList<T> list, Func<T, bool> condition)
    {
        for (var index = list.Count - 1; index >= 0; index--)
            if (condition(list[index])) list.RemoveAt(index);
    }

    static string Unused(GraphProto graph, string wanted)
    {
        var taken = GraphScope.All(graph).Select(scope => scope.Graph).SelectMany(inner => inner.Initializer.Select(tensor => tensor.Name)
            .Concat(inner.Input.Select(input => input.Name)).Concat(inner.Node.SelectMany(node => node.Output)))
            .ToHashSet(StringComparer.Ordinal);
        var name = wanted;
        for (var number = 2; taken.Contains(name); number++) name = $"{wanted}_{number}";
        return name;
    }
}
