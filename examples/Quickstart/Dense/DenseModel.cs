using Onnx;
using Shape = Onnx.TensorShapeProto;

namespace Quickstart.Dense;

/// <summary>Writes the network as ONNX, opset 17.</summary>
static class DenseModel
{
    /// <summary>Makes the model from its weights, named <c>conv1</c>, <c>conv2</c>, <c>hidden</c> and <c>scores</c>, each
    /// with <c>.weight</c> and <c>.bias</c>.</summary>
    public static ModelProto Build(IEnumerable<TensorProto> weights, int side, int classes) => new()
    {
        IrVersion = 8,
        ProducerName = "Elsa.MLNet quickstart",
        OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 } },
        Graph = new GraphProto
        {
            Name = "digits",
            Input = { Tensor("image", 1, side, side) },
            Output = { Tensor("scores", classes) },
            Initializer = { weights },
            Node =
            {
                Node("Conv", "c1", ["image", "conv1.weight", "conv1.bias"], ("kernel_shape", [3, 3]), ("pads", [1, 1, 1, 1])),
                Node("Relu", "r1", ["c1"]),
                Node("MaxPool", "p1", ["r1"], ("kernel_shape", [2, 2]), ("strides", [2, 2])),
                Node("Conv", "c2", ["p1", "conv2.weight", "conv2.bias"], ("kernel_shape", [3, 3]), ("pads", [1, 1, 1, 1])),
                Node("Relu", "r2", ["c2"]),
                Node("MaxPool", "p2", ["r2"], ("kernel_shape", [2, 2]), ("strides", [2, 2])),
                Node("Flatten", "f", ["p2"]),
                TransposedGemm("h", ["f", "hidden.weight", "hidden.bias"]),
                Node("Relu", "a", ["h"]),
                TransposedGemm("scores", ["a", "scores.weight", "scores.bias"]),
            },
        },
    };

    static NodeProto TransposedGemm(string output, string[] inputs)
    {
        var node = Node("Gemm", output, inputs);
        node.Attribute.Add(new AttributeProto { Name = "transB", Type = AttributeProto.Types.AttributeType.Int, I = 1 });
        return node;
    }

    static NodeProto Node(string type, string output, string[] inputs, params (string Name, long[] Values)[] attributes) => new()
    {
        Name = output,
        OpType = type,
        Input = { inputs },
        Output = { output },
        Attribute =
        {
            attributes.Select(attribute => new AttributeProto
            {
                Name = attribute.Name,
                Type = AttributeProto.Types.AttributeType.Ints,
                Ints = { attribute.Values },
            }),
        },
    };

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
