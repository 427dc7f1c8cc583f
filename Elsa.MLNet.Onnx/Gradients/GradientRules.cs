using Onnx;

namespace Elsa.MLNet.Onnx;

/// <summary>The rules, by operator. A new rule is one file in Rules/ and one line here.</summary>
internal static class GradientRules
{
    static readonly Dictionary<string, GradientRule> ByOperator = new GradientRule[]
    {
        new AddGradient(),
        new AveragePoolGradient(),
        new BatchNormalizationGradient(),
        new BatchNormalizationTrainingGradient(),
        new ConvGradient(),
        new ConvTransposeGradient(),
        new GlobalPoolGradient(),
        new GroupNormalizationGradient(),
        new LayerNormalizationGradient(),
        new MatMulGradient(),
        new MaxPoolGradient(),
        new MulGradient(),
        new ReluGradient(),
        new ResizeGradient(),
    }.SelectMany(rule => rule.OperatorTypes.Select(type => (type, rule))).ToDictionary(pair => pair.type, pair => pair.rule, StringComparer.Ordinal);

    /// <summary>The operators that have a rule, in order of name.</summary>
    public static IReadOnlyList<string> OperatorTypes { get; } = [.. ByOperator.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The rule for a node; null if there is none.</summary>
    public static GradientRule? For(NodeProto node) =>
        node.Domain is "" or "ai.onnx" or GraphBuilder.ElsaDomain ? ByOperator.GetValueOrDefault(node.OpType) : null;
}
