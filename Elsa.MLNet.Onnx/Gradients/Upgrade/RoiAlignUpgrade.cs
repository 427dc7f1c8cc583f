namespace Elsa.MLNet.Onnx;

/// <summary>Since opset 16 RoiAlign shifts its coordinates by half a pixel unless told otherwise.</summary>
internal sealed class RoiAlignUpgrade : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } = ["RoiAlign"];

    public override long Since => 16;

    public override void Apply(UpgradeContext context)
    {
        context.Node.Attribute.Add(NodeAttribute.Of("coordinate_transformation_mode", "output_half_pixel"));
        context.Keep();
    }
}
