namespace Elsa.MLNet.Onnx;

/// <summary>
/// Resize of opset 10 has scales alone and computes as Upsample did. From 11 on it has the inputs region, scales and
/// sizes, of which those not used are empty tensors at 11 and left out from 13 on.
/// </summary>
internal sealed class ResizeUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["Resize"];

    public override long Since => 13;

    public override void Apply(UpgradeContext context)
    {
        if (context.Opset < 11)
        {
            AsymmetricResize.Append(context, context.Node.Input[1]);
            return;
        }
        var mode = NodeAttribute.Text(context.Node, "coordinate_transformation_mode", "half_pixel");
        if (mode == "tf_half_pixel_for_nn")
            throw context.Unsupported($"the coordinate transformation '{mode}' has been removed");
        if (mode != "tf_crop_and_resize") context.SetInput(1, "");
        if (context.HasInput(3)) context.SetInput(2, "");
        context.Keep();
    }
}
