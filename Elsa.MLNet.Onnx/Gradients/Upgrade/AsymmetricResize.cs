namespace Elsa.MLNet.Onnx;

/// <summary>
/// Upsample and Resize up to opset 10, as Resize of opset 18: output element i lies at i / scale of the input. The
/// nearest mode takes the element at or before that place where an axis grows, and the one at or after it where it
/// shrinks; Resize has one way for all axes, so axes that grow and axes that shrink take one node each.
/// </summary>
internal static class AsymmetricResize
{
    public static void Append(UpgradeContext context, string scales)
    {
        var (graph, data, output) = (context.Graph, context.Node.Input[0], context.Node.Output[0]);
        var mode = NodeAttribute.Text(context.Node, "mode", "nearest");
        if (mode != "nearest")
        {
            Resize(data, scales, output, mode, "floor");
            return;
        }
        var known = context.Constant(scales);
        if (known is not null && known.All(scale => scale >= 1)) Resize(data, scales, output, mode, "floor");
        else if (known is not null && known.All(scale => scale <= 1)) Resize(data, scales, output, mode, "ceil");
        else
        {
            var grown = graph.Name("grown");
            Resize(data, graph.Node("Max", [scales, graph.Number(1)]), grown, mode, "floor");
            Resize(grown, graph.Node("Min", [scales, graph.Number(1)]), output, mode, "ceil");
        }

        void Resize(string from, string by, string into, string how, string nearest) =>
            graph.Append("Resize", "", [from, "", by], [into], NodeAttribute.Of("mode", how),
                NodeAttribute.Of("coordinate_transformation_mode", "asymmetric"),
            NodeAttribute.Of("nearest_mode", nearest));
    }
}
