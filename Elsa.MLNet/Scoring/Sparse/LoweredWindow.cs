using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>The window of a convolution or a pool as our operators take it.</summary>
internal static class LoweredWindow
{
    private static readonly string[] Paddings = ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"];

    /// <summary>Attributes of our node; null if the node's <c>auto_pad</c> is unknown.</summary>
    /// <param name="node">ONNX's Conv or MaxPool.</param>
    /// <param name="kernel">Taps per axis.</param>
    public static List<AttributeProto>? Attributes(NodeProto node, IEnumerable<long> kernel)
    {
        int padding = Array.IndexOf(Paddings, NodeAttribute.Text(node, "auto_pad", "NOTSET"));
        return padding < 0 ? null :
        [
            NodeAttribute.Of("kernel_shape", kernel),
            NodeAttribute.Of("auto_pad", padding),
            .. node.Attribute.Where(attribute => attribute.Name is "strides" or "dilations" or "pads" or "ceil_mode")
                .Select(attribute => attribute.Clone()),
        ];
    }
}
