using Elsa.MLNet.Onnx;
using Onnx;

namespace Elsa.MLNet.Scoring.Sparse;

/// <summary>The window of a convolution or a pool as our operators take it.</summary>
internal static class LoweredWindow
{
    private static readonly string[] Paddings = ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"];

    /// <summary>Attributes of our node; null if the node's <c>auto_pad</c> is unknown, or may begin windows inside the input:
    /// ONNX Runtime does so where it leaves gaps of more than one value between them.</summary>
    /// <param name="node">ONNX's Conv or MaxPool.</param>
    /// <param name="kernel">Taps per axis.</param>
    public static List<AttributeProto>? Attributes(NodeProto node, IReadOnlyList<long> kernel)
    {
        int padding = Array.IndexOf(Paddings, NodeAttribute.Text(node, "auto_pad", "NOTSET"));
        if (padding < 0 || (PadsToSame(node) && kernel.Where((taps, axis) => HasGaps(node, taps, axis)).Any()))
            return null;
        return
        [
            NodeAttribute.Of("kernel_shape", kernel),
            NodeAttribute.Of("auto_pad", padding),
            .. node.Attribute.Where(attribute => attribute.Name is "strides" or "dilations" or "pads" or "ceil_mode")
                .Select(attribute => attribute.Clone()),
        ];
    }

    /// <summary>Whether ONNX Runtime pads a pool as if it had no dilations, though it has.</summary>
    public static bool IgnoresDilations(NodeProto pool) =>
        PadsToSame(pool) && (NodeAttribute.Wholes(pool, "dilations") ?? []).Any(dilation => dilation > 1);

    private static bool PadsToSame(NodeProto node) =>
        NodeAttribute.Text(node, "auto_pad", "").StartsWith("SAME", StringComparison.Ordinal);

    private static bool HasGaps(NodeProto node, long taps, int axis)
    {
        long dilation = NodeAttribute.Wholes(node, "dilations")?[axis] ?? 1;
        long stride = NodeAttribute.Wholes(node, "strides")?[axis] ?? 1;
        return stride > (taps - 1) * dilation + 2;
    }
}
