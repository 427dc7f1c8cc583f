using Elsa.MLNet.Onnx;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Tests.Graph;

[TestClass]
public sealed class LargeGraphTests
{
    [TestMethod]
    public void A_graph_of_fifty_thousand_nodes_or_declared_shapes_without_weights_is_no_hostile_file()
    {
        Assert.HasCount(50_000, OnnxReader.Parse(Model(graph => graph.ValueInfo.Add(Declared(graph.ValueInfo.Count)))).Graph.ValueInfo);
        Assert.HasCount(50_000, OnnxReader.Parse(Model(graph => graph.Node.Add(Operator(graph.Node.Count)))).Graph.Node);
    }

    static byte[] Model(Action<GraphProto> add)
    {
        var model = new ModelProto { IrVersion = 8, Graph = new GraphProto { Name = "large" } };
        for (var index = 0; index < 50_000; index++) add(model.Graph);
        return model.ToByteArray();
    }

    static ValueInfoProto Declared(int index)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "batch" });
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "sequence" });
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = 4096 });
        return new ValueInfoProto
        {
            Name = $"/model/layers.{index % 80}/self_attn/output_{index}",
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = shape } },
        };
    }

    static NodeProto Operator(int index)
    {
        var node = new NodeProto { OpType = "Transpose", Name = $"/model/layers.{index % 80}/Transpose_{index}" };
        node.Input.Add($"/model/layers.{index % 80}/Transpose_{index}_input");
        node.Output.Add($"/model/layers.{index % 80}/Transpose_{index}_output");
        var permutation = new AttributeProto { Name = "perm", Type = AttributeProto.Types.AttributeType.Ints };
        permutation.Ints.Add([0, 2, 1, 3]);
        node.Attribute.Add(permutation);
        return node;
    }
}
