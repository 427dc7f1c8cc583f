using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training.Losses;

/// <summary>Cross-entropy of the softmax with class labels.</summary>
internal sealed class CrossEntropyLoss : ElsaLoss
{
    public override string Name => "cross-entropy";

    internal override bool NeedsLabel => true;

    internal override LossTarget Target(OutputHead head, LabelKind? label) =>
        head.LogitsShape is { Rank: 2, Dimensions: [var rows, > 1 and var classes] }
        ? new LossTarget(TargetKind.Class, new ValueShape(DataType.Int64, rows), Classes: (int)classes)
        : throw new ArgumentException($"Cross-entropy needs an output of two or more scores per row; '{head.Logits}' is {head.LogitsShape}. " +
            "Choose another output, ElsaLoss.BinaryCrossEntropy for one score, or ElsaLoss.MeanSquaredError for values.");

    internal override string Append(LossContext context)
    {
        var graph = context.Graph;
        var shape = context.Head.LogitsShape;
        var truth = graph.Node("OneHot", [context.Target, graph.Whole(shape.Dimensions[1]), graph.Numbers([0, 1], 2)]);
        var logs = graph.Node("LogSoftmax", [context.Head.Logits], NodeAttribute.Of("axis", -1));
        return graph.Neg(context.SumPerRow(graph.Mul(logs, truth), shape));
    }
}
