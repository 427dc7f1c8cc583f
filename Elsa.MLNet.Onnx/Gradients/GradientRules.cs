using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>The rules, by operator. A new rule is one file in Rules/ and one line here.</summary>
internal static class GradientRules
{
    static readonly Dictionary<string, GradientRule> ByOperator = new GradientRule[]
    {
        new AbsGradient(),
        new AddGradient(),
        new AveragePoolGradient(),
        new BatchNormalizationGradient(),
        new BatchNormalizationTrainingGradient(),
        new CastGradient(),
        new CeluGradient(),
        new ClipGradient(),
        new ConcatGradient(),
        new ConvGradient(),
        new ConvTransposeGradient(),
        new CosGradient(),
        new DepthToSpaceGradient(),
        new DivGradient(),
        new DropoutGradient(),
        new EluGradient(),
        new ErfGradient(),
        new ExpGradient(),
        new ExpandGradient(),
        new ExtremumGradient(),
        new GatherElementsGradient(),
        new GatherGradient(),
        new GeluGradient(),
        new GemmGradient(),
        new GlobalPoolGradient(),
        new GroupNormalizationGradient(),
        new HardSigmoidGradient(),
        new HardSwishGradient(),
        new IdentityGradient(),
        new LayerNormalizationGradient(),
        new LeakyReluGradient(),
        new LogGradient(),
        new LogSoftmaxGradient(),
        new MatMulGradient(),
        new MaxPoolGradient(),
        new MeanGradient(),
        new MishGradient(),
        new MulGradient(),
        new NegGradient(),
        new PReluGradient(),
        new PadGradient(),
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
        new ReshapeGradient(),
        new ResizeGradient(),
        new SeluGradient(),
        new SigmoidGradient(),
        new SinGradient(),
        new SliceGradient(),
        new SoftmaxGradient(),
        new SoftplusGradient(),
        new SoftsignGradient(),
        new SpaceToDepthGradient(),
        new SplitGradient(),
        new SqrtGradient(),
        new StepGradient(),
        new SubGradient(),
        new TanhGradient(),
        new ThresholdedReluGradient(),
        new TileGradient(),
        new TransposeGradient(),
        new WhereGradient(),
    }.SelectMany(rule => rule.OperatorTypes.Select(type => (type, rule)))
    .ToDictionary(pair => pair.type, pair => pair.rule, StringComparer.Ordinal);

    /// <summary>The operators that have a rule, in order of name.</summary>
    public static IReadOnlyList<string> OperatorTypes { get; } = [.. ByOperator.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The rule for a node; null if there is none.</summary>
    public static GradientRule? For(NodeProto node) =>
        node.Domain is "" or "ai.onnx" or GraphBuilder.ElsaDomain ? ByOperator.GetValueOrDefault(node.OpType) : null;
}
