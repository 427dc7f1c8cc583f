using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>The rules, by operator. A new rule is one file in Rules/ and one line here.</summary>
internal static class GradientRules
{
    static readonly Dictionary<string, GradientRule> ByOperator = new GradientRule[]
    {
        new AbsGradient(),
        new AddGradient(),
        new CastGradient(),
        new CeluGradient(),
        new ClipGradient(),
        new CosGradient(),
        new DivGradient(),
        new DropoutGradient(),
        new EluGradient(),
        new ErfGradient(),
        new ExpGradient(),
        new ExtremumGradient(),
        new GeluGradient(),
        new GemmGradient(),
        new HardSigmoidGradient(),
        new HardSwishGradient(),
        new IdentityGradient(),
        new LeakyReluGradient(),
        new LogGradient(),
        new LogSoftmaxGradient(),
        new MatMulGradient(),
        new MeanGradient(),
        new MishGradient(),
        new MulGradient(),
        new NegGradient(),
        new PReluGradient(),
        new PowGradient(),
        new ReciprocalGradient(),
        new ReduceExtremumGradient(),
        new ReduceL1Gradient(),
        new ReduceL2Gradient(),
        new ReduceLogSumExpGradient(),
        new ReduceLogSumGradient(),
        new ReduceMeanGradient(),
        new ReduceSumGradient(),
        new ReduceSumSquareGradient(),
        new ReluGradient(),
        new SeluGradient(),
        new SigmoidGradient(),
        new SinGradient(),
        new SoftmaxGradient(),
        new SoftplusGradient(),
        new SoftsignGradient(),
        new SqrtGradient(),
        new StepGradient(),
        new SubGradient(),
        new TanhGradient(),
        new ThresholdedReluGradient(),
        new WhereGradient(),
    }.SelectMany(rule => rule.OperatorTypes.Select(type => (type, rule))).ToDictionary(pair => pair.type, pair => pair.rule, StringComparer.Ordinal);

    /// <summary>The operators that have a rule, in order of name.</summary>
    public static IReadOnlyList<string> OperatorTypes { get; } = [.. ByOperator.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The rule for a node; null if there is none.</summary>
    public static GradientRule? For(NodeProto node) =>
        node.Domain is "" or "ai.onnx" or GraphBuilder.ElsaDomain ? ByOperator.GetValueOrDefault(node.OpType) : null;
}
