using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Benchmarks.Parents;

/// <summary>Five MatMul nodes one after the other, with 5 million seeded random weights each.</summary>
static class MatMulChain
{
    const int Layers = 5;
    const int Wide = 2_500;
    const int Narrow = 2_000;

    public static ModelProto Create()
    {
        var random = new Random(4);
        var graph = new GraphProto { Name = "chain" };
        graph.Input.Add(Value("x", Narrow));
        var data = "x";
        for (var layer = 1; layer <= Layers; layer++)
        {
            var (rows, columns) = layer % 2 == 1 ? (Narrow, Wide) : (Wide, Narrow);
            var values = new float[rows * columns];
            foreach (ref var value in values.AsSpan()) value = random.NextSingle() - 0.5f;
            graph.Initializer.Add(new TensorProto
            {
                Name = $"w{layer}",
                DataType = (int)DataType.Float,
                Dims = { rows, columns },
                RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)),
            });
            var product = $"y{layer}";
            graph.Node.Add(new NodeProto { OpType = "MatMul", Input = { data, $"w{layer}" }, Output = { product } });
            data = product;
        }
        graph.Output.Add(Value(data, Wide));
        var opset = new OperatorSetIdProto { Version = 17 };
        return new ModelProto { IrVersion = 8, Graph = graph, OpsetImport = { opset } };
    }

    static ValueInfoProto Value(string name, int width)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = new TensorShapeProto() };
        tensor.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "rows" });
        tensor.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = width });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
