using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Training;

/// <summary>How many weights of a tensor feed one output, as the first node says that uses it.</summary>
internal static class FanIn
{
    /// <summary>
    /// Of a convolution the weights per slice of the first axis, of a product those along the axis that is summed; of
    /// any other use the longest axis.
    /// </summary>
    public static long Of(GraphProto graph, ParameterVector.Part part)
    {
        var shape = part.Shape;
        var user = graph.Node.FirstOrDefault(node => node.Input.Contains(part.Name));
        return user?.OpType switch
        {
            "Conv" or "ConvTranspose" => part.Count / shape[0],
            "Gemm" => shape[user.Input[0] == part.Name ? 1 - Flag(user, "transA") : Flag(user, "transB")],
            "MatMul" when shape.Length > 1 => user.Input[0] == part.Name ? shape[^1] : shape[^2],
            _ => shape.Length == 0 ? 1 : shape.Max(),
        };
    }

    private static long Flag(NodeProto node, string name) => NodeAttribute.Whole(node, name, 0) == 0 ? 0 : 1;
}
