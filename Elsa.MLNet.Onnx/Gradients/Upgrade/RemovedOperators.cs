namespace Elsa.MLNet.Onnx;

/// <summary>Experimental operators that early opsets had and later ones do not.</summary>
internal sealed class RemovedOperators : OperatorUpgrade
{
    public override IReadOnlyList<string> OperatorTypes { get; } =
        ["ATen", "Affine", "ConstantFill", "Crop", "DynamicSlice", "GRUUnit", "GivenTensorFill", "ImageScaler",
            "ParametricSoftplus", "Scale", "ScaledTanh"];

    public override long Since => OpsetUpgrade.Target;

    public override void Apply(UpgradeContext context) =>
        throw context.Unsupported("it was experimental and has been removed");
}
