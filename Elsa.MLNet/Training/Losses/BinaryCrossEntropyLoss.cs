using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training.Losses;

/// <summary>Cross-entropy of the sigmoid with labels in 0..1.</summary>
internal sealed class BinaryCrossEntropyLoss : ElsaLoss
{
    public override string Name => "binary cross-entropy";

    internal override bool NeedsLabel => true;

    internal override LossTarget Target(OutputHead head, LabelKind? label) => head.Kind != HeadKind.Softmax
        ? new LossTarget(TargetKind.Values, new ValueShape(DataType.Float, head.LogitsShape.Dimensions))
        : throw new ArgumentException($"Binary cross-entropy needs an output of scores or of a Sigmoid; '{head.Output}' is made by a " +
            "Softmax or LogSoftmax. Choose ElsaLoss.CrossEntropy.");

    internal override string Append(LossContext context) => Append(context, context.Target);

    /// <summary>Mean of log(1 + exp(z)) - y z.</summary>
    public static string Append(LossContext context, string truth)
    {
        var graph = context.Graph;
        var logits = context.Head.Logits;
        return context.Mean(graph.Sub(graph.Node("Softplus", [logits]), graph.Mul(truth, logits)), context.Head.LogitsShape);
    }
}
