using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Benchmarks.Scoring;

/// <summary>Fully connected networks with ReLU and seeded random weights, any number of rows.</summary>
static class RandomMlp
{
    public const string Input = "Features";
    public const string Output = "Score";

    /// <summary>A network 784-256-128-10.</summary>
    public static ModelProto Create() => Create(784, 256, 128, 10);

    /// <summary>A network of these widths.</summary>
    public static ModelProto Create(params int[] widths)
    {
        var random = new Random(1);
        var graph = new GraphProto { Name = "mlp" };
        graph.Input.Add(Value(Input, widths[0]));
        graph.Output.Add(Value(Output, widths[^1]));
        var data = Input;
        for (var layer = 1; layer < widths.Length; layer++)
        {
            var last = layer == widths.Length - 1;
            var (weights, bias, sum) = ($"w{layer}", $"b{layer}", last ? Output : $"sum{layer}");
            graph.Initializer.Add(Weights(weights, random, widths[layer - 1], widths[layer]));
            graph.Initializer.Add(Weights(bias, random, widths[layer]));
            graph.Node.Add(Node("Gemm", [data, weights, bias], sum));
            if (!last) graph.Node.Add(Node("Relu", [sum], data = $"relu{layer}"));
        }
        var opset = new OperatorSetIdProto { Version = 17 };
        return new ModelProto { IrVersion = 8, Graph = graph, OpsetImport = { opset } };
    }

    static NodeProto Node(string type, string[] inputs, string output) =>
        new() { OpType = type, Name = $"{type}_{output}", Input = { inputs }, Output = { output } };

    static ValueInfoProto Value(string name, int width) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)DataType.Float,
                Shape = new TensorShapeProto
                {
                    Dim =
                    {
                        new TensorShapeProto.Types.Dimension { DimParam = "rows" },
                        new TensorShapeProto.Types.Dimension { DimValue = width },
                    },
                },
            },
        },
    };

    /// <summary>Uniform between plus and minus sqrt(3 / fan-in), so that sums keep the size of the data.</summary>
    static TensorProto Weights(string name, Random random, params int[] shape)
    {
        var values = new float[shape.Aggregate(1, (product, dimension) => product * dimension)];
        var bound = MathF.Sqrt(3f / shape[0]);
        foreach (ref var value in values.AsSpan()) value = (random.NextSingle() * 2 - 1) * bound;
        return new TensorProto
        {
            Name = name,
            DataType = (int)DataType.Float,
            Dims = { shape.Select(dimension => (long)dimension) },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)),
        };
    }
}
