using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Fitting;

/// <summary>Two convolutions with BatchNormalization and a classifier of 6 x 6 images, with seeded weights.</summary>
static class ConvolutionalNetwork
{
    public const int Side = 6, Channels = 8, Classes = 3;

    public static ModelProto Make(int seed = 3)
    {
        var random = new Random(seed);
        var graph = new GraphProto { Name = "convolutional" };
        graph.Input.Add(Value("x", 1, Side, Side));
        graph.Output.Add(Value("y", Classes));
        Convolution("x", 1, 1);
        Convolution("r1", 2, Channels);
        Node("GlobalAveragePool", "p", "r2");
        Node("Flatten", "f", "p");
        Tensor("w3", [Channels, Classes], () => random.NextSingle() - 0.5f);
        Tensor("b3", [Classes], () => 0);
        Node("Gemm", "y", "f", "w3", "b3");
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        return model;

        void Convolution(string input, int index, int channels)
        {
            var spread = 2 / MathF.Sqrt(9 * channels);
            Tensor($"w{index}", [Channels, channels, 3, 3], () => spread * (2 * random.NextSingle() - 1));
            Tensor($"scale{index}", [Channels], () => 1);
            Tensor($"shift{index}", [Channels], () => 0);
            Tensor($"mean{index}", [Channels], () => 0);
            Tensor($"variance{index}", [Channels], () => 1);
            var pads = new AttributeProto { Name = "pads", Type = AttributeProto.Types.AttributeType.Ints };
            pads.Ints.Add([1L, 1, 1, 1]);
            Node("Conv", $"c{index}", input, $"w{index}").Attribute.Add(pads);
            Node("BatchNormalization", $"n{index}", $"c{index}", $"scale{index}", $"shift{index}", $"mean{index}", $"variance{index}");
            Node("Relu", $"r{index}", $"n{index}");
        }

        NodeProto Node(string type, string output, params string[] inputs)
        {
            var node = new NodeProto { OpType = type, Name = output };
            node.Input.Add(inputs);
            node.Output.Add(output);
            graph.Node.Add(node);
            return node;
        }

        void Tensor(string name, long[] shape, Func<float> value)
        {
            var values = new float[shape.Aggregate((a, b) => a * b)];
            foreach (ref var number in values.AsSpan()) number = value();
            var tensor = new TensorProto { Name = name, DataType = (int)DataType.Float, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())) };
            tensor.Dims.Add(shape);
            graph.Initializer.Add(tensor);
        }
    }

    /// <summary>Noise around one of three seeded images.</summary>
    public static IDataView Rows(MLContext context, int count = 256)
    {
        var random = new Random(7);
        var images = Enumerable.Range(0, Classes).Select(_ => Image(1)).ToArray();
        return context.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(index => new Row
        {
            Pixels = [.. images[index % Classes].Zip(Image(0.5f), (pixel, noise) => pixel + noise)],
            Label = (uint)(index % Classes),
        }).ToList());

        float[] Image(float range) => [.. Enumerable.Range(0, Side * Side).Select(_ => range * (2 * random.NextSingle() - 1))];
    }

    static ValueInfoProto Value(string name, params long[] dimensions)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "N" });
        shape.Dim.Add(dimensions.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = shape } } };
    }

    public sealed class Row
    {
        [Microsoft.ML.Data.VectorType(Side * Side)] public float[] Pixels { get; set; } = [];
        public uint Label { get; set; }
    }
}
