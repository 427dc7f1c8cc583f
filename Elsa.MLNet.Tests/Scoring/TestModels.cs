using System.Runtime.InteropServices;
using Elsa.MLNet.Scoring;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Scoring;

/// <summary>Small ONNX models, made in memory.</summary>
internal static class TestModels
{
    /// <summary>Two layers with random weights: x [batch, inputs] to y [batch, outputs].</summary>
    public static ModelProto Mlp(
        int inputs = 6, int outputs = 3, int seed = 1, object? batch = null, DataType type = DataType.Float, object?[]? outputShape = null)
    {
        const int Hidden = 8;
        return Model(
            [("x", [batch ?? "N", inputs])],
            [("y", outputShape ?? [batch ?? "N", outputs])],
            type,
            [Node("Gemm", ["x", "w1", "b1"], "h"), Node("Relu", ["h"], "r"), Node("Gemm", ["r", "w2", "b2"], "y")],
            [
                Random("w1", type, seed, inputs, Hidden), Random("b1", type, seed + 1, Hidden),
                Random("w2", type, seed + 2, Hidden, outputs), Random("b2", type, seed + 3, outputs),
            ]);
    }

    public static ModelProto Model(
        (string Name, object?[]? Shape)[] inputs, (string Name, object?[]? Shape)[] outputs, DataType type, NodeProto[] nodes,
        TensorProto[] initializers, int opset = 17)
    {
        var graph = new GraphProto { Name = "test" };
        graph.Node.Add(nodes);
        graph.Initializer.Add(initializers);
        graph.Input.Add(inputs.Select(i => Value(i.Name, type, i.Shape)));
        graph.Output.Add(outputs.Select(o => Value(o.Name, type, o.Shape)));
        return new ModelProto { IrVersion = 8, Graph = graph, OpsetImport = { new OperatorSetIdProto { Domain = "", Version = opset } } };
    }

    /// <summary>
    /// A declared tensor; a dimension is a number, a symbol, or null for unknown; no shape at all is null.
    /// </summary>
    public static ValueInfoProto Value(string name, DataType type, object?[]? shape)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type };
        if (shape is not null)
        {
            tensor.Shape = new TensorShapeProto();
            tensor.Shape.Dim.Add(shape.Select(d => d switch
            {
                int size => new TensorShapeProto.Types.Dimension { DimValue = size },
                string symbol => new TensorShapeProto.Types.Dimension { DimParam = symbol },
                _ => new TensorShapeProto.Types.Dimension(),
            }));
        }
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    public static NodeProto Node(string type, string[] inputs, string output, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = type, Name = type + "_" + output, Output = { output } };
        node.Input.Add(inputs);
        node.Attribute.Add(attributes);
        return node;
    }

    public static AttributeProto Attribute(string name, long value) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = value };

    public static TensorProto Integers(string name, params long[] values) => new()
    {
        Name = name,
        DataType = (int)DataType.Int64,
        Dims = { values.Length },
        RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(values)),
    };

    /// <summary>Weights between -1 and 1.</summary>
    public static TensorProto Random(string name, DataType type, int seed, params int[] shape)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => random.NextSingle() * 2 - 1).ToArray();
        var raw = new byte[values.Length * TensorElements.Bytes(type)];
        TensorElements.Encode(values, type, raw);
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(raw) };
        tensor.Dims.Add(shape.Select(d => (long)d));
        return tensor;
    }
}
