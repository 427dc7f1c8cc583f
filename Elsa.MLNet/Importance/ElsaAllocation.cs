using Elsa.MLNet.Onnx;

namespace Elsa.MLNet;

/// <summary>How a level's sparsity is spread over the tensors.</summary>
public abstract class ElsaAllocation
{
    private protected ElsaAllocation() { }

    /// <summary>One ranking over all tensors: the least important weights go first, wherever they are.</summary>
    public static ElsaAllocation Global { get; } = new GlobalAllocation();

    /// <summary>Every tensor has the level's sparsity.</summary>
    public static ElsaAllocation Uniform { get; } = new UniformAllocation();

    /// <summary>Name in the manifest.</summary>
    public abstract string Name { get; }

    /// <summary>Per tensor and weight the sparsest level that keeps it.</summary>
    internal abstract byte[][] Levels(uint[][] scores, IReadOnlyList<double> sparsities);

    /// <summary>Nested masks of a model.</summary>
    internal NestedMasks Masks(MaskableModel model, ElsaImportance importance, IReadOnlyList<double> sparsities)
    {
        var tensors = model.Report.Maskable;
        var levels = Levels([.. tensors.Select(Score)], sparsities);
        return new NestedMasks(tensors.Select((tensor, index) => KeyValuePair.Create(
            tensor.Name, LevelMap.Own([.. tensor.Shape], levels[index], sparsities.Count + 1))));

        uint[] Score(MaskableTensor tensor)
        {
            var (numbers, type) = model.Numbers(tensor);
            return importance.Score(tensor, numbers.Span, type);
        }
    }

    private sealed class GlobalAllocation : ElsaAllocation
    {
        public override string Name => "global";

        internal override byte[][] Levels(uint[][] scores, IReadOnlyList<double> sparsities) => TopWeights.Select(scores, sparsities);
    }

    private sealed class UniformAllocation : ElsaAllocation
    {
        public override string Name => "uniform";

        internal override byte[][] Levels(uint[][] scores, IReadOnlyList<double> sparsities) =>
            [.. scores.Select(tensor => TopWeights.Select([tensor], sparsities)[0])];
    }
}
