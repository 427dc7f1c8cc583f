using System.Globalization;
using Elsa.MLNet.Onnx;
using static Onnx.TensorProto.Types;

namespace Elsa.MLNet.Training.Losses;

/// <summary>Distance to the output of the original model.</summary>
internal sealed class DistillationLoss : ElsaLoss
{
    private readonly DistillationForm _form;
    private readonly double _temperature;

    /// <exception cref="ArgumentOutOfRangeException">The temperature is not a finite number above 0.</exception>
    public DistillationLoss(DistillationForm form, double temperature)
    {
        if (!(temperature > 0 && double.IsFinite(temperature)))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature is " +
                $"{temperature.ToString(CultureInfo.InvariantCulture)}; allowed are finite numbers above 0.");
        (_form, _temperature) = (form, temperature);
    }

    public override string Name => _form == DistillationForm.Values ? "distillation of values"
        : string.Create(CultureInfo.InvariantCulture, $"distillation(temperature {_temperature})");

    internal override bool NeedsLabel => false;

    // The form is chosen here, and Append sees by the number of classes which it was.
    internal override LossTarget Target(OutputHead head, LabelKind? label)
    {
        var classes = _form == DistillationForm.Classes || (_form == DistillationForm.Auto
            && (head.Kind == HeadKind.Softmax
            || (head.Kind == HeadKind.Plain && label == LabelKind.Class && head.LogitsShape.Dimensions
            is [_, .., > 1])));
        var values = _form == DistillationForm.Values || (!classes && head.Kind != HeadKind.Sigmoid);
        var (source, shape) = values ? (head.Output, head.OutputShape) : (head.Logits, head.LogitsShape);
        if (classes && shape.Dimensions is not [_, .., > 1])
            throw new ArgumentException($"Distillation of classes needs an output of two or more scores per row; '{head.Output}' is " +
                $"{head.OutputShape}. Choose ElsaLoss.DistillationOfValues.");
        return new LossTarget(TargetKind.Teacher, new ValueShape(DataType.Float, shape.Dimensions), source, classes
            ? (int)shape.Dimensions[^1] : 0);
    }

    internal override string Append(LossContext context)
    {
        if (context.Classes > 0) return Divergence(context);
        if (context.Head.Kind == HeadKind.Sigmoid && _form == DistillationForm.Auto)
            return BinaryCrossEntropyLoss.Append(context, context.Graph.Node("Sigmoid", [context.Target]));
        return MeanSquaredErrorLoss.Append(context, context.Head.Output, context.Head.OutputShape);
    }

    // T^2 sum p0 (log p0 - log p) per row.
    private string Divergence(LossContext context)
    {
        var graph = context.Graph;
        var teacher = Logs(context.Target);
        var difference = graph.Mul(graph.Node("Exp", [teacher]), graph.Sub(teacher, Logs(context.Head.Logits)));
        return graph.Mul(context.SumPerRow(difference, context.Head.LogitsShape),
            graph.Number(_temperature * _temperature));

        string Logs(string logits) => graph.Node("LogSoftmax",
            [_temperature == 1 ? logits : graph.Mul(logits, graph.Number(1 / _temperature))], NodeAttribute.Of("axis", -1));
    }
}

/// <summary>What the output of the original model is taken for.</summary>
internal enum DistillationForm
{
    /// <summary>What makes it tells.</summary>
    Auto,

    /// <summary>Scores of classes.</summary>
    Classes,

    /// <summary>Numbers.</summary>
    Values,
}
