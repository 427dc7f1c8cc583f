using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>A value's declared type in words, e.g. <c>float32</c> or <c>sequence(int64)</c>, and its shape.</summary>
internal static class TypeText
{
    /// <summary>The type; <c>?</c> where none is declared.</summary>
    public static string Of(TypeProto? type) => type?.ValueCase switch
    {
        TypeProto.ValueOneofCase.TensorType => ElementTypes.Name(type.TensorType.ElemType),
        TypeProto.ValueOneofCase.SparseTensorType => $"sparse({ElementTypes.Name(type.SparseTensorType.ElemType)})",
        TypeProto.ValueOneofCase.SequenceType => $"sequence({Of(type.SequenceType.ElemType)})",
        TypeProto.ValueOneofCase.OptionalType => $"optional({Of(type.OptionalType.ElemType)})",
        TypeProto.ValueOneofCase.MapType => $"map({ElementTypes.Name(type.MapType.KeyType)},{Of(type.MapType.ValueType)})",
        TypeProto.ValueOneofCase.OpaqueType => $"opaque({type.OpaqueType.Name})",
        _ => "?",
    };

    /// <summary>The shape, e.g. <c>[N,3,?]</c>; empty where none is declared.</summary>
    public static string ShapeOf(TypeProto? type)
    {
        var shape = type?.ValueCase switch
        {
            TypeProto.ValueOneofCase.TensorType => type.TensorType.Shape,
            TypeProto.ValueOneofCase.SparseTensorType => type.SparseTensorType.Shape,
            _ => null,
        };
        return shape is null ? "" : $"[{string.Join(',', shape.Dim.Select(DimensionOf))}]";
    }

    static string DimensionOf(TensorShapeProto.Types.Dimension dimension) =>
        dimension.HasDimValue ? $"{dimension.DimValue}" : dimension.DimParam.Length > 0 ? dimension.DimParam : "?";
}
