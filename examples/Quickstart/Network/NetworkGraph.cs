using Onnx;
using Shape = Onnx.TensorShapeProto;

namespace Quickstart.Network;

/// <summary>Writes the network as ONNX, opset 17.</summary>
static class NetworkGraph
{
    /// <summary>Makes the model from its weights, named <c>conv1</c>, <c>conv2</c>, <c>hidden</c> and <c>scores</c>,
    /// each with <c>.weight</c> and <c>.bias</c>; an image is [channels, height, width].</summary>
    public static ModelProto Build(IEnumerable<TensorProto> weights, int[] image, int classes) => new()
    {
        IrVersion = 8,
        ProducerName = "Elsa.MLNet quickstart",
        OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 } },
        Graph = new GraphProto
        {
            Name = "digits",
            Input = { Tensor("image", image) },
            Output = { Tensor("scores", classes) },
            Initializer = { weights },
            Node =
            {
                Convolution("c1", "image", "conv1"),
                Node("Relu", "r1", ["c1"]),
                Halving("p1", "r1"),
                Convolution("c2", "p1", "conv2"),
                Node("Relu", "r2", ["c2"]),
                Halving("p2", "r2"),
                Node("Flatten", "f", ["p2"]),
                FullyConnected("h", "f", "hidden"),
                Node("Relu", "a", ["h"]),
                FullyConnected("scores", "a", "scores"),
            },
        },
    };

    static NodeProto Convolution(string output, string input, string name) => Node(
        "Conv", output, [input, name + ".weight", name + ".bias"],
        Integers("kernel_shape", 3, 3), Integers("pads", 1, 1, 1, 1));

    static NodeProto Halving(string output, string input) =>
        Node("MaxPool", output, [input], Integers("kernel_shape", 2, 2), Integers("strides", 2, 2));

    static NodeProto FullyConnected(string output, string input, string name) => Node(
        "Gemm", output, [input, name + ".weight", name + ".bias"],
        new AttributeProto { Name = "transB", Type = AttributeProto.Types.AttributeType.Int, I = 1 });

    static NodeProto Node(string type, string output, string[] inputs, params AttributeProto[] attributes) => new()
    {
        Name = output,
        OpType = type,
        Input = { inputs },
        Output = { output },
        Attribute = { attributes },
    };

    static AttributeProto Integers(string name, params long[] values) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { values } };

    static ValueInfoProto Tensor(string name, params int[] sizes) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)TensorProto.Types.DataType.Float,
                Shape = new Shape
                {
                    Dim =
                    {
                        new Shape.Types.Dimension { DimParam = "N" },
                        sizes.Select(size => new Shape.Types.Dimension { DimValue = size }),
                    },
                },
            },
        },
    };
}
