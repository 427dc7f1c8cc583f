using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training.Losses;

/// <summary>Mean squared difference from the label.</summary>
internal sealed class MeanSquaredErrorLoss : ElsaLoss
{
    public override string Name => "mean squared error";

    internal override bool NeedsLabel => true;

    internal override LossTarget Target(OutputHead head, LabelKind? label) =>
        new(TargetKind.Values, new ValueShape(DataType.Float, head.OutputShape.Dimensions));

    internal override string Append(LossContext context) =>
        Append(context, context.Head.Output, context.Head.OutputShape);

    /// <summary>Mean of (value - target)^2.</summary>
    public static string Append(LossContext context, string value, ValueShape shape)
    {
        var difference = context.Graph.Sub(value, context.Target);
        return context.Mean(context.Graph.Mul(difference, difference), shape);
    }
}
