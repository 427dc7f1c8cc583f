using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>A two-layer classifier of points, with or without BatchNormalization, with seeded weights.</summary>
static class SmallNetwork
{
    public const int Inputs = 12, Hidden = 32, Classes = 3;

    public static ModelProto Make(bool normalized = false, int seed = 1)
    {
        var random = new Random(seed);
        var graph = new GraphProto { Name = "small" };
        graph.Input.Add(Value("x", Inputs));
        graph.Output.Add(Value("y", Classes));
        Tensor(graph, "w1", [Inputs, Hidden], () => random.NextSingle() - 0.5f);
        Tensor(graph, "b1", [Hidden], () => random.NextSingle() - 0.5f);
        Tensor(graph, "w2", [Hidden, Classes], () => random.NextSingle() - 0.5f);
        Tensor(graph, "b2", [Classes], () => random.NextSingle() - 0.5f);
        Node(graph, "Gemm", ["x", "w1", "b1"], "h1");
        if (normalized)
        {
            Tensor(graph, "scale", [Hidden], () => 1 + random.NextSingle());
            Tensor(graph, "shift", [Hidden], () => random.NextSingle() - 0.5f);
            Tensor(graph, "mean", [Hidden], () => random.NextSingle() - 0.5f);
            Tensor(graph, "variance", [Hidden], () => 0.5f + random.NextSingle());
            Node(graph, "BatchNormalization", ["h1", "scale", "shift", "mean", "variance"], "h2");
        }
        Node(graph, "Relu", [normalized ? "h2" : "h1"], "h3");
        Node(graph, "Gemm", ["h3", "w2", "b2"], "y");
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        return model;
    }

    /// <summary>Seeded rows with random labels.</summary>
    public static IDataView Rows(MLContext context, int count = 600, int seed = 2)
    {
        var random = new Random(seed);
        return context.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
        {
            var features = new float[Inputs];
            foreach (ref var value in features.AsSpan()) value = 2 * random.NextSingle() - 1;
            return new Row { Features = features, Label = (uint)random.Next(Classes) };
        }).ToList());
    }

    public sealed class Row
    {
        [Microsoft.ML.Data.VectorType(Inputs)] public float[] Features { get; set; } = [];
        public uint Label { get; set; }
    }

    static void Node(GraphProto graph, string type, string[] inputs, string output)
    {
        var node = new NodeProto { OpType = type, Name = output };
        node.Input.Add(inputs);
        node.Output.Add(output);
        graph.Node.Add(node);
    }

    static void Tensor(GraphProto graph, string name, long[] shape, Func<float> value)
    {
        var values = new float[shape.Aggregate((a, b) => a * b)];
        foreach (ref var number in values.AsSpan()) number = value();
        var tensor = new TensorProto { Name = name, DataType = (int)DataType.Float, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())) };
        tensor.Dims.Add(shape);
        graph.Initializer.Add(tensor);
    }

    static ValueInfoProto Value(string name, int size)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "N" });
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = size });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = shape } } };
    }
}
