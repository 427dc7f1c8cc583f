using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>Declares inputs and outputs of graphs.</summary>
internal static class GraphValue
{
    public static ValueInfoProto Of(string name, ValueShape shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var dimension in shape.Dimensions)
            dimensions.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = dimension });
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)shape.Type, Shape = dimensions };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
