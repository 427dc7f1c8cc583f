using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>
/// The operators that compute with integers, as quantized networks have them, and where they keep weights. QLinearConv and
/// QLinearMatMul are told every scale; ConvInteger and MatMulInteger give sums of integers, which nodes behind them scale.
/// </summary>
internal static class IntegerOperators
{
    /// <summary>The operator on numbers in whose place the node stands; null if it is no such operator.</summary>
    public static string? KindOf(NodeProto node) => node.OpType switch
    {
        "QLinearConv" or "ConvInteger" => "Conv",
        "QLinearMatMul" or "MatMulInteger" => "MatMul",
        _ => null,
    };

    /// <summary>The inputs that may be weights.</summary>
    public static int[] WeightInputs(NodeProto node) => node.OpType switch
    {
        "QLinearConv" => [3],
        "ConvInteger" => [1],
        "QLinearMatMul" => [0, 3],
        _ => [0, 1],
    };

    /// <summary>Whether its result is not yet scaled.</summary>
    public static bool GivesIntegers(NodeProto node) => node.OpType is "ConvInteger" or "MatMulInteger";

    /// <summary>The axis of the weights along which scales differ: outputs, or of a matrix on the left rows.</summary>
    public static int ScaleAxis(NodeProto node, int input) => KindOf(node) == "Conv" ? 0 : input == 0 ? -2 : -1;

    /// <summary>The scale of the weights, as dynamic quantization has it: the sums go through Cast to Mul, whose other input is the
    /// scale of the inputs times that of the weights.</summary>
    /// <returns>Null if the nodes behind are others.</returns>
    public static TensorProto? ScaleBehind(GraphScope scope, NodeProto node)
    {
        if (Reader(node, "Cast") is not { } cast || Reader(cast, "Mul") is not { } scaling) return null;
        var scale = scaling.Input.FirstOrDefault(input => input != cast.Output[0]);
        if (scale is null || !scope.TryResolve(scale, out var owner, out _, out var product) || product?.OpType != "Mul") return null;
        var constants = product.Input.Select(input => Quantization.Constant(owner, input)).OfType<TensorProto>().ToList();
        return constants.Count == 1 ? constants[0] : null;

        NodeProto? Reader(NodeProto of, string operatorType) => of.Output.Count == 0 ? null
            : scope.Graph.Node.FirstOrDefault(reader => reader.OpType == operatorType && reader.Input.Contains(of.Output[0]));
    }
}
