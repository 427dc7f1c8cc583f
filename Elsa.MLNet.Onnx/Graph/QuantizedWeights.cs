using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>Finds the weights of integer operators, which cannot be masked.</summary>
internal static class QuantizedWeights
{
    static readonly HashSet<DataType> Types = [DataType.Int8, DataType.Uint8, DataType.Int4, DataType.Uint4];

    /// <summary>Name and type of the first; null if there is none.</summary>
    public static (string Name, string Type)? First(ModelProto model)
    {
        foreach (var scope in GraphScope.All(model.Graph))
            foreach (var node in scope.Graph.Node)
                foreach (var input in WeightInputs(node))
                    if (scope.TryResolve(input, out var owner, out var initializer, out var producer)
                        && (initializer ?? WeightFinder.ConstantValue(producer!)) is { } weight
                        && Types.Contains((DataType)weight.DataType))
                        return (owner.Path + input, ElementTypes.Name(weight.DataType));
        return null;
    }

    static IEnumerable<string> WeightInputs(NodeProto node) => node.OpType switch
    {
        "QLinearConv" => node.Input.Skip(3).Take(1),
        "ConvInteger" => node.Input.Skip(1).Take(1),
        "MatMulInteger" => node.Input.Take(2),
        "QLinearMatMul" => node.Input.Where((_, index) => index is 0 or 3),
        _ => [],
    };
}
