using Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// Which floating-point types a model can contain. Types of single values are not inferred: in a model of float32
/// alone all are known, in another a constant takes its type from a neighbour when it runs.
/// </summary>
internal sealed class FloatTypes
{
    public FloatTypes(IEnumerable<GraphScope> scopes)
    {
        AreSingle = scopes.All(scope => !TypesIn(scope.Graph)
            .Any(type => ElementTypes.IsFloat(type) && type != (int)DataType.Float));
    }

    /// <summary>Whether every floating-point value is float32.</summary>
    public bool AreSingle { get; }

    static IEnumerable<int> TypesIn(GraphProto graph) => graph.Initializer.Select(tensor => tensor.DataType)
        .Concat(graph.Input.Concat(graph.ValueInfo).Concat(graph.Output)
            .Select(value => value.Type?.TensorType?.ElemType ?? 0))
        .Concat(graph.Node.SelectMany(node => node.Attribute).Select(TypeIn));

    static int TypeIn(AttributeProto attribute) => attribute.T is { } tensor ? tensor.DataType
        : attribute.Name is "to" or "dtype" ? (int)attribute.I : 0;
}
